import FleetSystem
import InterfaceProfile

/// A clone of a repository, worked on with the host's `git` program.
///
/// Credentials are in a file of the test's own directory that only its user may read; configuration of the user and of
/// the machine play no part.
public struct GitClone: Sendable {
    /// The directory of the working tree.
    public let path: String
    fileprivate let program: GitProgram

    /// Writes a file of the working tree.
    public func write(_ name: String, _ content: [UInt8]) throws {
        let file = "\(path)/\(name)"
        if let slash = name.lastIndex(of: "/") {
            try PrivateDirectory.ensure("\(path)/\(name[..<slash])")
        }
        try AtomicFile.write(content, to: file)
    }

    /// The content of a file of the working tree; nil when it is not there.
    public func read(_ name: String) throws -> [UInt8]? {
        FileProbe.exists("\(path)/\(name)") ? try AtomicFile.read("\(path)/\(name)") : nil
    }

    /// Commits everything.
    ///
    /// - Returns: the hash of the commit.
    @discardableResult
    public func commit(_ message: String) async throws -> String {
        try await output("add", "--all")
        try await output("commit", "--quiet", "--message", message)
        return try await head()
    }

    /// The hash of the newest commit.
    public func head() async throws -> String { try await output("rev-parse", "HEAD") }

    /// Runs a command in the working tree that must succeed; returns what it printed, without the final line feed.
    @discardableResult
    public func output(
        _ arguments: String..., filePath: String = #filePath, line: Int = #line
    ) async throws -> String {
        let result = try await run(arguments)
        try expect(
            result.status.isSuccess, "git \(arguments.joined(separator: " ")) succeeds",
            actual: "\(result.status): \(result.errorOutput.suffix(1000))", filePath: filePath, line: line)
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Runs a command in the working tree, however it ends.
    public func run(_ arguments: [String]) async throws -> ProgramResult {
        try await program.run(["-C", path] + arguments)
    }
}

/// The host's `git` program, as one user of Gitea.
struct GitProgram: Sendable {
    let context: TestContext
    let credentials: String

    /// Writes the credentials down: user and password as one line of a URL, as `git credential-store` reads it.
    init(_ context: TestContext, base: String, user: String?, password: String) throws {
        self.context = context
        credentials = "\(context.scratch)/git-\(UInt64.random(in: 0 ... .max))"
        var line = ""
        if let user, let end = base.firstRange(of: "://") {
            let login = "\(percentEncoded(user)):\(percentEncoded(password))@"
            line = base[..<end.upperBound] + login + base[end.upperBound...] + "\n"
        }
        try AtomicFile.write(Array(line.utf8), to: credentials, mode: 0o600)
    }

    func run(_ arguments: [String]) async throws -> ProgramResult {
        let settings = [
            "credential.helper=store --file=\(credentials)", "core.askPass=true", "user.name=Fleet test",
            "user.email=test@example.org", "init.defaultBranch=main", "commit.gpgSign=false",
        ]
        let variables = ["GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1"]
        let words = variables + ["git"] + settings.flatMap { ["-c", $0] } + arguments
        let result = try await ProgramRun.run("env", words, home: context.scratch, limit: .seconds(60))
        context.log.note(
            .debug, "git", ["command": arguments.joined(separator: " "), "status": result.status.description])
        return result
    }
}

extension TestContext {
    /// Clones a repository.
    ///
    /// - Parameters:
    ///   - repository: `owner/name`.
    ///   - user: who clones; nil for the environment's own user.
    /// - Throws: `AssertionFailure` with what git said when it cannot.
    public func clone(
        _ repository: String, as user: GiteaUser? = nil, filePath: String = #filePath, line: Int = #line
    ) async throws -> GitClone {
        let base = try endpoint("gitea", "url")
        let program =
            if let user {
                try GitProgram(self, base: base, user: user.name, password: user.password)
            } else {
                try GitProgram(self, base: base, user: try giteaOwner, password: try credential("gitea", "password"))
            }
        let path = "\(scratch)/clone-\(UInt64.random(in: 0 ... .max))"
        let result = try await program.run(["clone", "--quiet", "\(base)/\(repository).git", path])
        try expect(
            result.status.isSuccess, "\(repository) can be cloned", actual: result.errorOutput, filePath: filePath,
            line: line)
        return GitClone(path: path, program: program)
    }

    /// Tries to clone a repository with any user name and password.
    ///
    /// - Parameter user: nil for nobody.
    public func tryToClone(_ repository: String, user: String?, password: String) async throws -> ProgramResult {
        let base = try endpoint("gitea", "url")
        let program = try GitProgram(self, base: base, user: user, password: password)
        let path = "\(scratch)/clone-\(UInt64.random(in: 0 ... .max))"
        return try await program.run(["clone", "--quiet", "\(base)/\(repository).git", path])
    }
}
