import FleetModel
import FleetProtocol
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a run needs besides its journal to be resumed: how it was asked for, and its hosts as hosts.txt named them.
///
/// It lies beside the journal as `run.json`, so that a resumed run does not depend on files that somebody has edited.
struct RunOrder: Codable, Sendable {
    /// The version of this file's form.
    var schema = 1
    var options: RunOptions
    var hosts: [HostSpecification]
    /// The digest of the built-in tests: agents that wait were started with the same.
    var catalogue: String

    /// Makes relative paths absolute, because the run may be resumed from another directory.
    init(options: RunOptions, hosts: [HostSpecification], catalogue: String) {
        let here = FileManager.default.currentDirectoryPath
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") || path.hasPrefix("~") ? path : "\(here)/\(path)"
        }
        var (options, hosts) = (options, hosts)
        options.htmlReport = options.htmlReport.map(absolute)
        options.bundleDirectory = options.bundleDirectory.map(absolute)
        options.platformPrograms = options.platformPrograms.map(absolute)
        options.outputDirectory = absolute(options.outputDirectory)
        for index in hosts.indices {
            hosts[index].identity = hosts[index].identity.map(absolute)
            // Settled anew by whoever resumes: a ProxyCommand may hold what belongs into no file of ours.
            hosts[index].route = nil
        }
        self.options = options
        self.hosts = hosts
        self.catalogue = catalogue
    }

    /// Writes it into a run's directory.
    func save(in directory: RunDirectory) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try OutputFiles.write(Array(try encoder.encode(self)), to: directory.order)
    }

    /// Reads it from a run's directory.
    ///
    /// - Throws: `InputErrors` when it is not there or was written by another version.
    static func load(from directory: RunDirectory) throws(InputErrors) -> RunOrder {
        let advice = "run the tests anew; `coordinator report` still makes the reports"
        do {
            return try JSONDecoder().decode(RunOrder.self, from: Data(try AtomicFile.read(directory.order)))
        } catch {
            let message = "how the run was asked for cannot be read: \(error)"
            throw InputErrors([InputError(file: directory.order, message: message, advice: advice)])
        }
    }
}

/// The run's token on this machine's disk, so that a coordinator that resumes the run can prove itself to its agents.
///
/// A file of mode 0600 in the run's directory of mode 0700, never part of the journal, removed when the run has ended.
enum TokenFile {
    /// Keeps a token.
    static func save(_ token: RunToken, in directory: RunDirectory) throws(OutputError) {
        try OutputFiles.write(token.hexadecimal + "\n", to: directory.token)
    }

    /// The token of a run; nil when it is not there any more, or somebody else could have read or changed it.
    static func load(from directory: RunDirectory) -> RunToken? {
        var information = stat()
        guard lstat(directory.token, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
            information.st_uid == geteuid(), information.st_mode & 0o077 == 0,
            let bytes = try? AtomicFile.read(directory.token, limit: 128)
        else { return nil }
        return RunToken(hexadecimal: String(decoding: bytes, as: UTF8.self).prefix { $0.isHexDigit })
    }

    /// Forgets the token: no agent of the run is left that would believe it.
    static func remove(from directory: RunDirectory) { unlink(directory.token) }
}
