import Crypto
import FleetProtocol

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The programs that every host needs, as files on this machine with their SHA-256.
struct Bundle: Sendable {
    /// One program.
    struct File: Hashable, Sendable {
        /// Its name in the bundle.
        var name: String
        /// Where it lies on this machine.
        var path: String
        /// The SHA-256 of its content, 64 hexadecimal digits.
        var sha256: String
    }

    /// The names of the programs, in the order in which they are pushed.
    static let programs = ["agent", "platform"]
    /// The server of secrets: large, so that it goes only where the mode enterprise runs.
    static let secretsServer = "bao"
    /// The folder of the user's own build in the bundle.
    static let userFolder = "user"

    /// The directory on this machine that holds them.
    let directory: String
    /// The programs.
    let files: [File]
    /// The SHA-256 over names and hashes: the bundle's directory on a host bears it.
    let digest: String
    /// What the programs need of a host.
    var needs: ProgramNeeds
    /// How much room they take, in bytes.
    let size: Int
    private let hasSecretsServer: Bool
    private let userPrograms: String?

    /// The directory of this program: the programs of a bundle are built beside it.
    static var ownDirectory: String {
        let path =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
        return URL(filePath: path).deletingLastPathComponent().path
    }

    /// Reads the bundle in a directory.
    ///
    /// - Parameters:
    ///   - userPrograms: a directory whose programs come along in a folder of their own; nil for none.
    ///   - hasSecretsServer: whether `bao` comes along, where there is one.
    /// - Throws: `LinkError` naming the program that is missing and how it is made.
    init(directory: String, userPrograms: String? = nil, hasSecretsServer: Bool = false) throws(LinkError) {
        var files: [File] = []
        var needs: [ProgramNeeds] = []
        var size = 0
        var places = Self.programs.map { (name: $0, path: "\(directory)/\($0)") }
        let server = "\(directory)/\(Self.secretsServer)"
        if hasSecretsServer, FileManager.default.fileExists(atPath: server) {
            places.append((name: Self.secretsServer, path: server))
        }
        places += try Self.programs(of: userPrograms)
        for (name, path) in places {
            do {
                files.append(File(name: name, path: path, sha256: try FileDigest.sha256(ofFile: path)))
                needs.append(try ProgramNeeds(ofFile: path))
                size += try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            } catch {
                throw LinkError(
                    .permanent, "the bundle in \(directory) lacks \(name) (\(error)); build it with: make build")
            }
        }
        self.directory = directory
        self.files = files
        self.needs = .union(needs)
        self.size = size
        self.hasSecretsServer = hasSecretsServer
        self.userPrograms = userPrograms
        let text = files.map { "\($0.name) \($0.sha256)\n" }.joined()
        self.digest = Hexadecimal.encode(SHA256.hash(data: Array(text.utf8)))
    }
}

extension Bundle {
    /// Whether it would bring the server of secrets to a host on which the mode enterprise runs.
    var bringsSecretsServer: Bool { FileManager.default.fileExists(atPath: "\(directory)/\(Self.secretsServer)") }

    /// The same with the server of secrets, where there is one.
    func withSecretsServer() throws(LinkError) -> Bundle {
        try Bundle(directory: directory, userPrograms: userPrograms, hasSecretsServer: true)
    }

    // Every executable file of the directory; what else lies there is left out.
    private static func programs(of directory: String?) throws(LinkError) -> [(name: String, path: String)] {
        guard let directory else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            throw LinkError(.permanent, "the directory \(directory) of --platform-bin cannot be read: \(error)")
        }
        let programs = names.map { (name: "\(userFolder)/\($0)", path: "\(directory)/\($0)") }.filter { program in
            let isDirectory = (try? FileManager.default.contentsOfDirectory(atPath: program.path)) != nil
            return !isDirectory && FileManager.default.isExecutableFile(atPath: program.path)
        }
        if programs.isEmpty { throw LinkError(.permanent, "there is no program in \(directory) of --platform-bin") }
        return programs
    }
}

/// The files of a suite, packed, as one file on this machine.
struct Pack: Hashable, Sendable {
    /// Where the tar file lies.
    var path: String
    /// The SHA-256 of its content, 64 hexadecimal digits.
    var sha256: String
}

/// SHA-256 of files.
enum FileDigest {
    /// Hashes bytes.
    static func sha256(_ bytes: [UInt8]) -> String { Hexadecimal.encode(SHA256.hash(data: bytes)) }

    /// Hashes a file in pieces of 1 MiB, so that its size does not matter.
    static func sha256(ofFile path: String) throws -> String {
        let handle = try FileDescriptorReader(path: path)
        var hash = SHA256()
        while let piece = try handle.next() { hash.update(data: piece) }
        return Hexadecimal.encode(hash.finalize())
    }
}
