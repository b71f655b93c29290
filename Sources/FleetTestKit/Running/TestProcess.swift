import FleetModel

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

/// A process that runs the body of one built-in test, for one attempt.
///
/// It ends itself a little before the attempt's limit, so that what it made is removed again; SIGTERM makes it do so
/// at once. Whoever kills it with SIGKILL gives up its clean-up.
public enum TestProcess {
    /// The longest invocation that is read, in bytes.
    static let invocationLimit = 1 << 20

    /// Reads a `TestInvocation` from standard input, runs the test and writes a `TestVerdict` to descriptor 3.
    ///
    /// The log goes to standard output. The status is 0, 1, 77 or 78 as `TestVerdict.exitStatus`, 64 when the id is not
    /// in the catalogue, and 65 when the invocation cannot be read.
    ///
    /// - Parameters:
    ///   - id: the test to run.
    ///   - catalogue: the tests to choose from.
    /// - Returns: the exit status for the process.
    public static func main(id: String, catalogue: [DeclaredTest]) async -> Int32 {
        await run(id: id, catalogue: catalogue, input: STDIN_FILENO, verdict: 3)
    }

    /// The same with any two descriptors, for tests.
    static func run(
        id: String, catalogue: [DeclaredTest], input: Int32, verdict descriptor: Int32
    ) async -> Int32 {
        // What the test starts must not hold the verdict open.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let log = TestLog.standardOutput
        // A copy for another mode has the body of the test itself.
        guard let wanted = TestID(id), let test = catalogue.first(where: { $0.testCase.id == wanted.original }) else {
            log.note(.error, "no such test", ["id": id])
            return 64
        }
        let text = Data(readAll(input, limit: invocationLimit))
        guard let invocation = try? JSONDecoder().decode(TestInvocation.self, from: text),
            invocation.test == wanted
        else {
            log.note(.error, "standard input holds no invocation of this test", ["id": id])
            return 65
        }
        let scratch: ScratchDirectory
        do {
            scratch = try ScratchDirectory(beside: invocation.artifacts)
        } catch {
            let message = "\(error)"
            return finish(
                TestVerdict(outcome: .failed, message: message, failure: Failure(message: message)), descriptor, log)
        }
        let stops = TerminationRequests.stream()
        let context = TestContext(invocation: invocation, scratch: scratch.path, log: log)
        let runner = AttemptRunner(
            test: test, context: context, limits: TestLimits(seconds: invocation.seconds))
        let verdict = await runner.run(stops: stops)
        scratch.remove(log: log)
        return finish(verdict, descriptor, log)
    }

    private static func finish(_ verdict: TestVerdict, _ descriptor: Int32, _ log: TestLog) -> Int32 {
        log.info("verdict", ["outcome": verdict.outcome.rawValue, "message": verdict.message ?? ""])
        var bytes = ArraySlice((try? JSONEncoder().encode(verdict)) ?? Data())
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { break }
            bytes = bytes.dropFirst(max(count, 0))
        }
        close(descriptor)
        return verdict.exitStatus
    }

    /// Reads to the end of a stream, or to the limit.
    private static func readAll(_ descriptor: Int32, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
