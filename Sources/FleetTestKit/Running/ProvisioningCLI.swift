import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The platform's command line, `provisioning`, as one user of the test has it: with a home, and so a session, of its own.
public struct ProvisioningCLI: Sendable {
    /// How a command ends, by its exit status (sysexits.h).
    public enum End: Int32, Sendable {
        /// It did what it should.
        case done = 0
        /// It was tried, and went wrong.
        case failed = 1
        /// Its arguments are no command.
        case usage = 64
        /// What was sent is wrong.
        case wrong = 65
        /// There is no such thing.
        case notFound = 66
        /// Nobody is logged in.
        case notLoggedIn = 67
        /// What is there already is in the way.
        case conflict = 73
        /// Whoever is logged in may not do this.
        case forbidden = 77
    }

    private let command: [String]
    private let arguments: [String]
    private let home: String
    private let log: TestLog

    /// A user of the command line.
    ///
    /// The program is the user's own `provisioning`, where he brought one along, else the reference platform's, which lies
    /// beside the test's own program.
    ///
    /// - Throws: `InterfaceNotFound` when there is no such program.
    public init(_ context: TestContext, _ user: String) throws {
        guard let ours = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw InterfaceNotFound(path: "provisioning")
        }
        let directory = ours.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        if let own = ProgramSearch.find("\(directory)/user/provisioning") {
            command = [own]
        } else if let platform = ProgramSearch.find("\(directory)/platform") {
            command = [platform, "provisioning"]
        } else {
            throw InterfaceNotFound(path: "provisioning")
        }
        home = "\(context.scratch)/home-\(user)"
        try PrivateDirectory.ensure(home)
        arguments = [
            "--orchestrator", try context.endpoint("orchestrator", "url"), "--control-center",
            try context.endpoint("control-center", "url"), "--extension-registry",
            try context.endpoint("extension-registry", "url"), "--oci-registry",
            try context.endpoint("registry", "url"),
        ]
        log = context.log
    }

    /// Logs somebody in, with the password on standard input.
    ///
    /// - Parameters:
    ///   - code: the six digits of his second factor, when he has one.
    ///   - end: how that must end.
    public func logIn(_ user: TestUser, code: String? = nil, end: End = .done) async throws {
        let factor = code.map { ["--mfa-code", $0] } ?? []
        try await expect(end, ["login", user.name] + factor, input: user.password)
    }

    /// Runs a command that must print a list, and returns its rows.
    public func rows(
        _ words: [String], filePath: String = #filePath, line: Int = #line
    ) async throws -> [JSONValue] {
        let text = try await expect(.done, words + ["--output", "json"], filePath: filePath, line: line)
        let what = "the list that “provisioning \(words.joined(separator: " "))” prints"
        return try require(JSONValue(bytes: Array(text.utf8))?.array, what, filePath: filePath, line: line)
    }

    /// Runs a command that must end in one way.
    ///
    /// - Parameter orUsage: whether a command that was not understood will do, too.
    /// - Throws: `AssertionFailure` with what it printed.
    @discardableResult
    public func expect(
        _ end: End, _ words: [String], input: String = "", orUsage: Bool = false, filePath: String = #filePath,
        line: Int = #line
    ) async throws -> String {
        let result = try await ProgramRun.run(
            command[0], command.dropFirst() + words + arguments, home: home, limit: .seconds(60), input: input)
        log.note(
            .debug, "provisioning", ["command": words.joined(separator: " "), "status": result.status.description])
        let allowed = [end] + (orUsage ? [.usage] : [])
        guard allowed.contains(where: { result.status == .exited($0.rawValue) }) else {
            throw AssertionFailure(
                "“provisioning \(words.joined(separator: " "))” ended in another way", expected: "\(end)",
                actual: "\(result.status): \(result.errorOutput.suffix(500))",
                at: SourcePlace(filePath: filePath, line: line))
        }
        return result.output
    }
}
