import FleetSystem
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A lab of hosts for one test, made by `Tests/Lab/lab`.
struct Lab {
    /// Where its hosts.txt is.
    let hostsFile: String

    private let name: String
    private let scratch: Scratch
    private static let program = "\(Programs.repository)/Tests/Lab/lab"
    private static let numbers = Atomic<Int>(0)

    private init(name: String, hostsFile: String, scratch: Scratch) {
        self.name = name
        self.hostsFile = hostsFile
        self.scratch = scratch
    }

    /// Brings a lab up, lends it and takes it down, whatever happens; it ends with this process at the latest.
    ///
    /// `odd` are words such as `h2=noexec-home`, as the lab's README lists them.
    static func with<Result>(
        hosts: Int = 4, odd: [String] = [], _ scratch: Scratch, _ body: (Lab) async throws -> Result
    ) async throws -> Result {
        let name = "test-\(getpid())-\(numbers.add(1, ordering: .relaxed).newValue)"
        let up = try await RunningProgram.run(
            [program, "up", "--name", name, "--hosts", "\(hosts)", "--owner", "\(getpid())"]
                + odd.flatMap { ["--odd", $0] }, in: scratch)
        try #require(up.status == 0, "\(up)")
        let lab = Lab(
            name: name, hostsFile: up.output.split(separator: "\n").joined(), scratch: scratch)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(lab))
        } catch {
            result = .failure(error)
        }
        let down = try await lab.run("down")
        #expect(down.status == 0, "\(down)")
        return try result.get()
    }

    /// Whether this machine allows a lab; tried with one host.
    ///
    /// Only the exit status that says so makes tests skip: a lab that is broken must turn them red.
    static func isPossible() async -> Bool {
        let name = "test-\(getpid())-\(numbers.add(1, ordering: .relaxed).newValue)"
        let status = try? await Scratch.with { scratch in
            let up = try await RunningProgram.run(
                [program, "up", "--name", name, "--hosts", "1", "--owner", "\(getpid())"], in: scratch)
            _ = try await RunningProgram.run([program, "down", "--name", name], in: scratch)
            return up.status
        }
        return status != 3
    }

    /// Runs one of the lab's verbs.
    @discardableResult
    func run(_ verb: String, _ words: String..., within limit: Duration = .seconds(120)) async throws
        -> RunningProgram.End
    {
        try await RunningProgram.run(
            [Self.program, verb, "--name", name] + words, in: scratch, within: limit)
    }

    /// Runs a verb that has to succeed.
    func must(_ verb: String, _ words: String...) async throws {
        let end = try await RunningProgram.run(
            [Self.program, verb, "--name", name] + words, in: scratch, within: .seconds(120))
        try #require(end.status == 0, "lab \(verb) \(words.joined(separator: " ")): \(end)")
    }

    /// The words that run a command on the lab's network.
    func command(_ words: [String]) -> [String] { [Self.program, "coordinator", "--name", name, "--"] + words }

    /// The address of a host, such as `198.18.7.12` for `h2`.
    func address(_ host: String) throws -> String {
        let ending = ".1\(host.dropFirst())"
        let lines = try Scratch.read(hostsFile).split(separator: "\n").filter { $0.hasPrefix("fleet@") }
        let addresses = lines.compactMap { $0.dropFirst("fleet@".count).split(separator: " ").first }
        return String(try #require(addresses.first { $0.hasSuffix(ending) }))
    }

    /// Expects that no host has anything that it had not at first; `story` says what went before.
    func expectClean(
        within seconds: Int, after story: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let check = try await run("clean", "all", "--wait", "\(seconds)", within: .seconds(4 * seconds + 30))
        #expect(check.status == 0, "left over on the hosts:\n\(check.output)\(story)", sourceLocation: sourceLocation)
    }
}
