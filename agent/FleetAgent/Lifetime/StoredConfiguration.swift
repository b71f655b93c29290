import FleetEnvironments
import FleetModel
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

/// The user's configuration as it lies in a private directory of ours, with its secrets, until that directory goes.
enum StoredConfiguration {
    private static func path(_ directory: String) -> String { "\(directory)/configuration.json" }

    /// Reads the line that follows the token on standard input and keeps it.
    static func receive(in directory: String) throws {
        guard let line = StandardStreams.readLine(from: 0, limit: 4 << 20, within: .seconds(10)) else {
            throw DetachedStart.Failure(description: "the configuration did not come on standard input")
        }
        try keep(try decode(Array(line.utf8)), in: directory)
    }

    /// Takes the file that `coordinator config --json` made, or standard input where it is called `-`; secrets are
    /// found here and now.
    static func load(_ file: String) throws -> TestConfiguration {
        try decode(try AtomicFile.read(file == "-" ? "/dev/stdin" : file, limit: 4 << 20)).resolved { reference in
            switch reference {
            case .environment(let name): getenv(name).map { String(cString: $0) }
            case .file(let path):
                (try? AtomicFile.read(path, limit: 1 << 20)).map {
                    String(decoding: $0.last == UInt8(ascii: "\n") ? $0.dropLast() : $0[...], as: UTF8.self)
                }
            case .resolved(let text): text
            }
        }
    }

    /// Keeps a configuration for the processes below.
    static func keep(_ configuration: TestConfiguration, in directory: String) throws {
        try AtomicFile.write(try JSONEncoder().encode(configuration), to: path(directory), mode: 0o600)
    }

    /// The configuration that was kept; the standard one when none was.
    static func read(_ directory: String) throws -> TestConfiguration {
        let path = path(directory)
        guard access(path, F_OK) == 0 else { return TestConfiguration() }
        return try decode(try AtomicFile.read(path, limit: 4 << 20))
    }

    /// Notes that containers bear the mark of this directory, so that they are looked for when it goes.
    static func noteContainers(in directory: String) throws {
        try AtomicFile.write([], to: "\(directory)/\(containersNote)")
    }

    /// Removes the containers that bear the mark of a directory; returns what could not be removed.
    static func removeContainers(of directory: String) async -> [String] {
        guard access("\(directory)/\(containersNote)", F_OK) == 0 else { return [] }
        return await ContainerRemains.remove(label: "\(SessionLayout.variable)=\(directory)")
    }

    private static let containersNote = "containers"

    private static func decode(_ bytes: [UInt8]) throws -> TestConfiguration {
        do {
            return try JSONDecoder().decode(TestConfiguration.self, from: Data(bytes))
        } catch {
            throw DetachedStart.Failure(
                description: "the configuration is not what `coordinator config --json` prints: \(error)")
        }
    }
}
