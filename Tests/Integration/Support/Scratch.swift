import FleetSystem
import Synchronization
import Testing

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

/// A private directory of one test, removed with everything in it.
final class Scratch: Sendable {
    private let directory: String
    private let numbers = Atomic<Int>(0)

    private init() throws {
        var template = Array("/tmp/fleet-integration-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil, "mkdtemp failed with errno \(errno)")
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try makeDirectory("home")
    }

    /// Lends a directory to a test body.
    static func with<Result>(_ body: (Scratch) async throws -> Result) async throws -> Result {
        let scratch = try Scratch()
        defer { try? FileManager.default.removeItem(atPath: scratch.directory) }
        return try await body(scratch)
    }

    /// A path below the directory.
    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func nextNumber() -> Int { numbers.add(1, ordering: .relaxed).newValue }

    /// Writes a file and answers its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
        return path(name)
    }

    /// Makes a directory and answers its path.
    @discardableResult
    func makeDirectory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: path(name), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path(name)
    }

    static func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The paths of all files below a directory whose path has a word in it.
    static func files(with word: String, below directory: String) -> [String] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
        return paths.filter { $0.contains(word) }.map { "\(directory)/\($0)" }
    }
}

/// Looks again and again until something holds; the test fails when it does not within the limit.
func eventually(
    within limit: Duration, _ what: String, _ condition: () async throws -> Bool
) async throws {
    let until = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < until, "not within \(limit): \(what)")
        try await Task.sleep(for: .milliseconds(50))
    }
}
