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

/// Looks at the state of one environment, by a process of ours inside of it.
final class EnvironmentEye: Sendable {
    /// Where the services are, and what lets us in.
    fileprivate struct Question: Codable {
        var endpoints: Endpoints
        var credentials: [String: [String: String]]
        var directory: String
        var keeper: Int32?
        var token: String?
    }

    /// What was seen, and what lets us in the next time without a login.
    fileprivate struct Answer: Codable {
        var facts: EnvironmentFacts
        var token: String?
    }

    private let agent: String
    private let namespaces: NamespaceChoice
    private let directory: String
    private let keeper: Int32?
    private let token = Locked<String?>(nil)

    /// - Parameters:
    ///   - agent: the path of our own program.
    ///   - directory: where the environment's files are.
    ///   - keeper: the process that holds the environment, as we see it; nil when that is not on this host.
    init(agent: String, namespaces: NamespaceChoice, directory: String, keeper: Int32?) {
        self.agent = agent
        self.namespaces = namespaces
        self.directory = directory
        // It is the first process of its own namespace.
        self.keeper = if case .join = namespaces { 1 } else { keeper }
    }

    /// What state the environment has now.
    func look(_ endpoints: Endpoints, _ credentials: [String: [String: String]]) async throws -> EnvironmentFacts {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: agent, arguments: ["environment-facts"],
                environment: OwnProgram.variables(
                    session: getenv(SessionLayout.variable).map { String(cString: $0) } ?? ""),
                workingDirectory: "/", standardInput: .pipe, standardOutput: .pipe, standardError: .pipe,
                namespaces: namespaces))
        let (output, errors) = (BoundedCapture(head: 4 << 20), BoundedCapture())
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        if let descriptor = child.takeStandardError() { errors.start(descriptor) }
        if let input = child.takeStandardInput() {
            let question = try JSONEncoder().encode(
                Question(
                    endpoints: endpoints, credentials: credentials, directory: directory, keeper: keeper,
                    token: token.withLock { $0 }))
            StandardStreams.write(line: String(decoding: question, as: UTF8.self), to: input)
            close(input)
        }
        let status = await child.exit(within: .seconds(30))
        if status == nil { child.send(signal: SIGKILL) }
        await output.stop()
        await errors.stop()
        guard status == .exited(0) else {
            let words = errors.output.headText.split(whereSeparator: \.isNewline).joined(separator: " | ")
            throw DetachedStart.Failure(description: "its services did not say what state they have: \(words)")
        }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(output.output.headText.utf8))
        token.withLock { $0 = answer.token }
        return answer.facts
    }
}

/// `agent environment-facts`: looks at an environment from inside of it.
enum EnvironmentFactsProgram {
    /// Reads the question as a line of JSON, prints the answer as one.
    static func main() async -> Int32 {
        guard let line = StandardStreams.readLine(from: 0, limit: 1 << 20, within: .seconds(10)),
            let question = try? JSONDecoder().decode(EnvironmentEye.Question.self, from: Data(line.utf8))
        else { return 64 }
        let reader = EnvironmentReader(
            question.endpoints, question.credentials, directory: question.directory, keeper: question.keeper)
        do {
            let token = try await reader.token(question.token)
            let answer = EnvironmentEye.Answer(facts: await reader.facts(token: token), token: token)
            let data = try JSONEncoder().encode(answer)
            return StandardStreams.write(line: String(decoding: data, as: UTF8.self)) ? 0 : 74
        } catch {
            StandardStreams.complain("\(error)")
            return 1
        }
    }
}
