import FleetHTTP
import FleetModel
import FleetSystem
import FleetTestKit
import InterfaceProfile

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

/// What state an environment has, as its services say it themselves: one sentence for each thing that a test could meet.
///
/// Two looks with the same facts make an environment fit for the next run. These count: the records of the DNS zone but its
/// serial, the tags of the registry, servers, workspaces, loaded extensions and unfinished tasks of the orchestrator, and
/// what `ServiceFacts` lists. Not seen are tasks that have ended, blobs without a tag, and files on disk.
struct EnvironmentFacts: Hashable, Sendable, Codable {
    /// The facts, sorted.
    var facts: [String]

    /// What has changed since, in words; nil when nothing has.
    func change(to now: EnvironmentFacts) -> String? {
        let (before, after) = (Set(facts), Set(now.facts))
        guard before != after else { return nil }
        let added = after.subtracting(before).sorted().map { "new: \($0)" }
        let gone = before.subtracting(after).sorted().map { "gone: \($0)" }
        let all = gone + added
        return all.prefix(5).joined(separator: "; ") + (all.count > 5 ? "; and \(all.count - 5) more" : "")
    }

    /// What an attempt has left behind, sorted.
    ///
    /// - Parameter before: the state before it, when it was alone: then all that is new is its own. Nil where others ran
    ///   beside it: then what has its mark in its name.
    func leaks(of attempt: AttemptID, since before: EnvironmentFacts?) -> [String] {
        guard let before else { return facts.filter { $0.contains(TestContext.mark(of: attempt)) } }
        return Set(facts).subtracting(before.facts).sorted()
    }

    /// Asks the services; to be called where they can be reached.
    static func read(
        _ endpoints: Endpoints, _ credentials: [String: [String: String]]
    ) async throws -> EnvironmentFacts {
        let log = TestLog { _ in }
        var facts: [String] = []
        if let address = endpoints["dns", "address"], let port = endpoints["dns", "port"].flatMap({ Int($0) }),
            let zone = endpoints["dns", "zone"]
        {
            for record in try await DNSClient(address: address, port: port).transfer(zone: zone) {
                if case .start = record.value { continue }
                facts.append("DNS record \(record)")
            }
        }
        if let url = endpoints["registry", "url"] { facts += try await tags(WebClient(base: url, log: log)) }
        let services = ServiceFacts(endpoints: endpoints, credentials: credentials, log: log)
        let token = try await services.token()
        facts += try await services.read(token: token)
        if let url = endpoints["orchestrator", "url"] {
            let web = WebClient(base: url, log: log, authorization: token)
            facts += try await state(of: OrchestratorClient(web: web, profile: .standard))
        }
        return EnvironmentFacts(facts: facts.sorted())
    }

    private static func tags(_ web: WebClient) async throws -> [String] {
        let response = try await web.send(.get, "/v2/_catalog?n=1000")
        guard response.status == 200, let body = JSONValue(bytes: response.body) else {
            throw DetachedStart.Failure(description: "the registry did not list its repositories: \(response.status)")
        }
        let registry = RegistryClient(web: web)
        var facts: [String] = []
        for name in (body["repositories"]?.array ?? []).compactMap(\.string) {
            facts += try await registry.tags(of: name).map { "registry tag \(name):\($0)" }
        }
        return facts
    }

    private static func state(of orchestrator: OrchestratorClient) async throws -> [String] {
        var facts = try await orchestrator.servers().map { "server \($0.name)" }
        facts += try await orchestrator.workspaces().map { "workspace \($0.name)" }
        facts += try await orchestrator.extensions().map { "extension \($0.type) \($0.name) \($0.version)" }
        facts += try await orchestrator.tasks(limit: 1000).filter { !$0.state.isFinal }.map {
            "task \($0.name), unfinished"
        }
        return facts
    }
}

/// `agent environment-facts`: looks at an environment from inside of it.
enum EnvironmentFactsProgram {
    /// Where the services are, and what lets us in.
    private struct Question: Codable {
        var endpoints: Endpoints
        var credentials: [String: [String: String]]
    }

    /// Reads the question as a line of JSON, prints the facts as one.
    static func main() async -> Int32 {
        guard let line = StandardStreams.readLine(from: 0, limit: 1 << 20, within: .seconds(10)),
            let question = try? JSONDecoder().decode(Question.self, from: Data(line.utf8))
        else { return 64 }
        do {
            let facts = try await EnvironmentFacts.read(question.endpoints, question.credentials)
            let data = try JSONEncoder().encode(facts)
            return StandardStreams.write(line: String(decoding: data, as: UTF8.self)) ? 0 : 74
        } catch {
            StandardStreams.complain("\(error)")
            return 1
        }
    }

    /// Has a process of ours look, inside the namespaces of the environment.
    static func look(
        _ endpoints: Endpoints, _ credentials: [String: [String: String]], namespaces: NamespaceChoice, agent: String
    ) async throws -> EnvironmentFacts {
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
            let question = try JSONEncoder().encode(Question(endpoints: endpoints, credentials: credentials))
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
        return try JSONDecoder().decode(EnvironmentFacts.self, from: Data(output.output.headText.utf8))
    }
}
