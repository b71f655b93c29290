public import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What went wrong with a service that a test started, with the service's own words.
public struct TestServiceError: Error, Sendable, CustomStringConvertible {
    /// What was tried, what happened, and the end of the log.
    public let description: String

    /// An error with those words.
    public init(_ description: String) { self.description = description }
}

/// A program that a test started, with a directory of its own; both end with `stop`, the program also with us.
public final class TestService: Sendable {
    /// Its directory, which `stop` removes.
    public let directory: String
    private let program: ChildProcess
    private let name: String

    /// Starts the program. Standard output and error go to `log` in the directory.
    public init(
        _ executable: String, _ arguments: [String], directory: String, environment: [String: String] = [:]
    ) throws {
        name = executable
        self.directory = directory
        let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        program = try Spawner.spawn(
            ProcessSpecification(
                executable: executable, arguments: arguments, environment: path.merging(environment) { $1 },
                standardOutput: .file("\(directory)/log"), standardError: .output))
    }

    /// The program's process id.
    public var processID: Int32 { program.processID }

    /// What it printed.
    public var log: String {
        FileManager.default.contents(atPath: "\(directory)/log").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Returns when the condition holds. Throws with the log when the program ends before, or after a minute.
    public func wait(for what: String, _ condition: @Sendable () async -> Bool) async throws {
        let held = await Waiting.until(within: .seconds(60), every: .milliseconds(20)) {
            if program.status != nil { return true }
            return await condition()
        }
        guard held, program.status == nil else {
            throw TestServiceError("\(name) did not come to \(what); its log:\n\(log)")
        }
    }

    /// Ends the program and leaves its directory, so that it can be started again. Returns how it ended: SIGKILL is what
    /// comes 5 s after SIGTERM.
    @discardableResult
    public func end() async -> ExitStatus? { await program.end(grace: .seconds(5)) }

    /// Ends the program and removes its directory.
    public func stop() async {
        await end()
        _ = DirectoryTree.remove(directory)
    }

    /// A new private directory below /tmp.
    public static func temporaryDirectory(_ name: String) throws -> String {
        let path = "/tmp/fleet-test-\(name)-\(UUID().uuidString.prefix(8).lowercased())"
        try PrivateDirectory.ensure(path)
        return path
    }

    /// A port of 127.0.0.1 that is free for TCP and UDP at this moment.
    public static func freePort() throws -> Int {
        for _ in 0..<50 {
            guard let port = bound(SOCK_STREAM, 0), bound(SOCK_DGRAM, port) != nil else { continue }
            return Int(port)
        }
        throw TestServiceError("no port of 127.0.0.1 is free for TCP and UDP")
    }

    private static func bound(_ type: __socket_type, _ port: UInt16) -> UInt16? {
        let descriptor = socket(AF_INET, Int32(type.rawValue) | O_CLOEXEC, 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = port.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, getsockname(descriptor, generic, &length) == 0 else {
                    return nil
                }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
    }
}
