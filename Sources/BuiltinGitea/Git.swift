import BuiltinSupport
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The real `git` on one bare repository.
struct Git: Sendable {
    /// The bare repository.
    let directory: String

    /// What a run of git gave.
    struct Result: Sendable {
        let isSuccess: Bool
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var line: String { text.split(separator: "\n").first.map(String.init) ?? "" }
    }

    /// What git gets of the environment: nothing of ours and no configuration of the machine's.
    static let environment = [
        "PATH": ProgramSearch.standardPath, "LANG": "C.UTF-8", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1",
    ]

    /// The most that one command may print, in bytes: a file that is larger is cloned, not read through the API.
    private static let outputLimit = 96 << 20

    /// Runs git and tells how it went. Throws when it cannot be started or does not end within a minute.
    func attempt(
        _ arguments: [String], input: [UInt8]? = nil, environment extra: [String: String] = [:]
    ) async throws -> Result {
        let inputFile = "\(directory)/input.\(UUID().uuidString)"
        defer { if input != nil { try? FileManager.default.removeItem(atPath: inputFile) } }
        if let input { try Data(input).write(to: URL(fileURLWithPath: inputFile)) }
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: "git", arguments: ["--git-dir", directory] + arguments,
                environment: Self.environment.merging(extra) { $1 },
                standardInput: input == nil ? .null : .file(inputFile), standardOutput: .pipe, standardError: .pipe))
        let output = BoundedCapture(head: Self.outputLimit, tail: 1)
        let errors = BoundedCapture(head: 16 << 10, tail: 1)
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        if let descriptor = child.takeStandardError() { errors.start(descriptor) }
        let status = await child.exit(within: .seconds(60))
        child.sendToGroup(signal: 9)
        _ = await output.finished(within: .seconds(5))
        _ = await errors.finished(within: .seconds(5))
        await output.stop()
        await errors.stop()
        guard let status else { throw Refusal(500, "git \(arguments.first ?? "") did not end within a minute") }
        guard output.output.cutBytes == 0 else { throw Refusal(413, "git \(arguments.first ?? "") printed too much") }
        return Result(isSuccess: status.isSuccess, output: output.output.head, errors: errors.output.headText)
    }

    /// Runs git. Throws with its own words when it fails.
    @discardableResult
    func run(
        _ arguments: [String], input: [UInt8]? = nil, environment: [String: String] = [:]
    ) async throws -> Result {
        let result = try await attempt(arguments, input: input, environment: environment)
        guard result.isSuccess else {
            throw Refusal(500, "git \(arguments.first ?? "") failed: \(result.errors)")
        }
        return result
    }

    /// Makes the bare repository; `hooks` is the directory with the hooks of all.
    func create(defaultBranch: String, hooks: String) async throws {
        // What a crash left of a repository that was never announced.
        _ = DirectoryTree.remove(directory)
        try PrivateDirectory.ensure(directory)
        try await run(["init", "--quiet", "--bare", "--initial-branch=\(defaultBranch)", directory])
        try await run(["config", "core.hooksPath", hooks])
        try await run(["config", "http.receivepack", "true"])
        try await run(["config", "uploadpack.allowFilter", "true"])
    }

    /// The commit that a branch, tag or id names; nil where there is none.
    func commit(_ name: String) async throws -> String? {
        guard !name.hasPrefix("-"), !name.isEmpty else { return nil }
        for candidate in ["refs/heads/\(name)", "refs/tags/\(name)", name] {
            let result = try await attempt(["rev-parse", "--quiet", "--verify", "\(candidate)^{commit}"])
            if result.isSuccess { return result.line }
        }
        return nil
    }

    /// Where a reference points; nil where there is none.
    func target(of reference: String) async throws -> String? {
        let result = try await attempt(["rev-parse", "--quiet", "--verify", reference])
        return result.isSuccess ? result.line : nil
    }

    /// Whether git takes the text as the name of a branch or tag.
    func isName(_ name: String) async throws -> Bool {
        guard !name.isEmpty, !name.hasPrefix("-") else { return false }
        return try await attempt(["check-ref-format", "refs/heads/\(name)"]).isSuccess
    }

    /// Moves a reference from where it was to where it shall be; false when it was elsewhere. Nothing is all zeros.
    func move(_ reference: String, from old: String, to new: String) async throws -> Bool {
        let arguments = new == Self.nothing ? ["-d", reference, old] : [reference, new, old]
        return try await attempt(["update-ref"] + arguments).isSuccess
    }

    /// The id that stands for no object.
    static let nothing = String(repeating: "0", count: 40)
}
