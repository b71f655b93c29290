import FleetModel
import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@testable import FleetSuites
@testable import FleetTestKit

/// A platform that is wrong in one way, and the test that must see it.
struct Mutant: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The name of the test in `modes/solo`.
    let name: String
    /// What the message must say.
    let message: String
    /// What is wrong.
    let lie: LyingRelay.Lie

    /// A platform that is asked something else.
    init(
        _ what: String, _ name: String, _ message: String,
        request: @escaping @Sendable (inout RelayedMessage) -> Void
    ) {
        testDescription = what
        self.name = name
        self.message = message
        lie = LyingRelay.Lie(request: request)
    }

    /// A platform that answers something else.
    init(
        _ what: String, _ name: String, _ message: String,
        answer: @escaping @Sendable (RelayedMessage, inout RelayedMessage) -> Void
    ) {
        testDescription = what
        self.name = name
        self.message = message
        lie = LyingRelay.Lie(answer: answer)
    }

    static let all: [Mutant] = [
        Mutant("it says that it is ill", "minimal-services", "the health answer is not") { asked, answer in
            if asked.line.contains(" /health ") { answer.replace("healthy", with: "ill") }
        },
        Mutant("check mode creates the server", "single-user-operations", "check mode has changed nothing") { asked in
            asked.replace("\"check_mode\":true", with: "\"check_mode\":false")
        },
        Mutant("it offers a login", "no-multiuser-services", "the status of POST /auth/login") { asked, answer in
            if asked.line.contains(" /auth/login ") { answer.line = "HTTP/1.1 401 Unauthorized" }
        },
        Mutant("a workspace is never deleted", "workspace-creation", "it is gone: the workspace is not") { asked in
            if asked.line.hasPrefix("DELETE ") { asked.line = "GET" + asked.line.dropFirst(6) }
        },
        Mutant("a directory of the layout is missing", "workspace-creation", "the entries that are missing") {
            $1.replace("\"runtime/state/\",", with: "")
        },
        Mutant("the address is another server's", "server-deployment-with-dns", "resolves over UDP and TCP") {
            guard $0.line.contains("/api/v1/servers/") else { return }
            $1.replace("\"ip_address\":\"127.", with: "\"ip_address\":\"126.")
        },
        Mutant("a deletion says it is done and does nothing", "server-deployment-with-dns", "are gone:") { asked in
            if asked.line.contains("/servers/delete ") {
                asked.replace("\"check_mode\":false", with: "\"check_mode\":true")
            }
        },
        Mutant("the host key is not the server's", "server-deployment-with-dns", "Host key verification failed") {
            $1.replace("\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", with: "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAJ")
        },
        Mutant("a failed check is a success", "taskserv-installation", "its check fails: the state of the check") {
            $1.replace("\"status\":\"Failed\"", with: "\"status\":\"Completed\"")
        },
        Mutant("nothing is installed", "taskserv-installation", "lists it as running") { asked in
            if asked.line.contains("/workflows/taskserv/create ") {
                asked.replace("\"check_mode\":false", with: "\"check_mode\":true")
            }
        },
        Mutant("every load is a download", "extension-loading-from-oci", "whether it came from the cache") {
            $1.replace("\"cached\":true", with: "\"cached\":false")
        },
        Mutant("another archive is loaded", "extension-loading-from-oci", "the checksum of the loaded archive") {
            $1.replace("\"checksum\":\"sha256:", with: "\"checksum\":\"sha256:0")
        },
        Mutant("the caller is nobody", "admin-permissions", "an element is missing in the roles") { asked, answer in
            if asked.line.contains("/whoami ") { answer.replace("\"admin\"", with: "\"viewer\"") }
        },
    ]
}

@Suite(
    "A platform that is wrong is found", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: SoloStack.isPossible, SoloStack.requirements))
struct MutantTests {
    @Test("each lie turns its test red, and says what was found")
    func lies() async throws {
        try await SoloStack.with { stack in
            for mutant in Mutant.all {
                let relay = try LyingRelay(to: try stack.orchestratorPort, mutant.lie)
                defer { relay.stop() }
                var endpoints = stack.endpoints
                endpoints.services["orchestrator"] = ["url": "http://127.0.0.1:\(relay.port)"]
                let declared = try #require(Catalogue.solo.first { $0.testCase.id.name == mutant.name })
                let run = try await BodyRun.run(declared, endpoints)
                #expect(run.verdict.outcome == .failed, "\(mutant.testDescription): \(run.account)")
                #expect(
                    run.verdict.message?.contains(mutant.message) == true, "\(mutant.testDescription): \(run.account)")
                #expect(run.verdict.failure?.line != nil, "\(mutant.testDescription): \(run.account)")
            }
        }
    }

    @Test("every test of the suite has a lie that it finds")
    func complete() {
        #expect(Set(Mutant.all.map(\.name)) == Set(Catalogue.solo.map(\.testCase.id.name)))
    }
}
