import FleetModel
import FleetSystem
import FleetTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Turns an order into the process that carries it out. Pure.
struct AttemptRequest {
    let order: Order
    let place: AttemptPlace
    /// What tells this attempt from all others on the host.
    let label: String
    /// The directory of the session, by which a sweep finds what a crash of everything left.
    let session: String
    /// The path of our own program.
    let agent: String
    /// Where programs are looked up.
    let path: String
    let endpoints: Endpoints
    /// Secrets by service, then by property; nil when the test has no environment.
    let credentials: [String: [String: String]]?

    /// The variable that names the attempt in the environment of all its processes.
    static let variable = "FLEET_ATTEMPT"

    /// What the worker is told.
    func request() throws -> WorkerRequest {
        switch order.test.kind {
        case .builtin: try builtin()
        case .command(let command): try self.command(command)
        }
    }

    private func builtin() throws -> WorkerRequest {
        let invocation = TestInvocation(
            test: order.test.id, attempt: order.attempt, endpoints: endpoints, credentials: credentials ?? [:],
            artifacts: place.artifacts, seconds: order.test.timeout)
        let input = String(decoding: try JSONEncoder().encode(invocation), as: UTF8.self)
        // The test process ends itself before its time is over, so that no further grace is needed.
        return WorkerRequest(
            executable: agent, arguments: ["test", order.test.id.description], environment: variables,
            workingDirectory: place.work, input: input, hasVerdict: true, seconds: order.test.timeout,
            graceSeconds: 0)
    }

    private func command(_ command: CommandSpecification) throws -> WorkerRequest {
        var environment = variables
        for (name, value) in command.variables where environment[name] == nil || Self.mayChange.contains(name) {
            environment[name] = try EndpointTemplate(text: value).filled(from: endpoints)
        }
        let words: [String]
        switch command.command {
        case .arguments(let arguments): words = arguments
        case .shell(let line): words = ["/bin/sh", "-c", line]
        }
        let filled = try words.map { try EndpointTemplate(text: $0).filled(from: endpoints) }
        return WorkerRequest(
            executable: program(filled.first ?? ""), arguments: Array(filled.dropFirst()),
            environment: environment, workingDirectory: place.work, hasVerdict: false,
            seconds: order.test.timeout, graceSeconds: 2)
    }

    /// A program with a slash is meant relative to the working directory.
    private func program(_ name: String) -> String {
        name.contains("/") && !name.hasPrefix("/") ? "\(place.work)/\(name)" : name
    }

    private static let mayChange: Set<String> = ["PATH", "LANG", "HOME", "TMPDIR"]

    private var variables: [String: String] {
        var variables = endpoints.variables
        variables["PATH"] = path
        variables["HOME"] = place.home
        variables["TMPDIR"] = place.temporary
        variables["LANG"] = "C.UTF-8"
        variables[Self.variable] = label
        variables[SessionLayout.variable] = session
        variables["FLEET_TEST"] = order.test.id.description
        if credentials != nil { variables["FLEET_CREDENTIALS"] = place.credentials }
        return variables
    }
}
