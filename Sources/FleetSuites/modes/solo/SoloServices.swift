import FleetModel
import FleetTestKit
import InterfaceProfile

extension Solo {
    static let minimalServices = test(
        "modes/solo/minimal-services", "Minimal services running", modes: [.solo], estimate: 1
    ) { context in
        let orchestrator = try context.orchestrator
        try await context.step("the orchestrator is healthy") {
            let words = try await orchestrator.health()
            try expectEqual(words.lowercased(), context.profile.spellings.healthy.lowercased(), "the health answer")
        }
        // While changes of the zone are on their way, it says that it is not ready.
        try await context.step("the orchestrator reaches all that it needs") {
            try await eventually("the orchestrator is ready") { try await orchestrator.ready() }
        }
        let zone = try context.zone
        for transport in DNSClient.Transport.allCases {
            try await context.step("the name server is responsible for \(zone), over \(transport.rawValue)") {
                let answer = try await context.dns.query(zone, .soa, over: transport)
                try expectEqual(answer.code, .noError, "the response code")
                try expect(answer.isAuthoritative, "the answer is authoritative", actual: answer)
                try expectContains(answer.answers.map(\.type), .soa, "the answer section")
            }
        }
        try await context.step("the OCI registry speaks the distribution protocol") {
            try await context.registry.ping()
        }
    }

    /// What solo mode must not have: services by the name that an endpoint would have, with the port that a default
    /// installation would listen on.
    private static let absentServices: KeyValuePairs<String, Int> = [
        "control-center": 9080, "extension-registry": 8082, "gitea": 3000, "postgresql": 5432, "api-server": 8083,
        "prometheus": 9091, "harbor": 8085, "grafana": 3001, "kms": 8081, "elasticsearch": 9200,
    ]

    static let noMultiuserServices = test(
        "modes/solo/no-multiuser-services", "No multi-user services", modes: [.solo], estimate: 1
    ) { context in
        try await context.step("the environment names no service of a higher mode") {
            let present = context.invocation.endpoints.services.keys.sorted()
            let unwanted = present.filter { name in absentServices.contains { $0.key == name } }
            try expectEqual(unwanted, [], "the services of higher modes")
        }
        try await context.step("the orchestrator offers no login") {
            let path = context.profile.paths.login
            let credentials: JSONValue = .object(["username": "admin", "password": "admin"])
            let status = try await context.orchestrator.statusOfPost(to: path, credentials)
            try expectEqual(status, 404, "the status of POST \(path)")
        }
        try await context.step("the orchestrator knows no way to authenticate") {
            let identity = try await context.orchestrator.identity()
            try expectEqual(identity.authentication ?? "none", "none", "the authentication")
        }
        // Only in a network of its own does a silent port say something about the environment.
        guard context.invocation.endpoints["environment", "driver"] == Driver.namespace.rawValue else {
            context.log.info("ports not probed: the network is shared with the host")
            return
        }
        for (service, port) in absentServices {
            try await context.step("nobody listens where \(service) would") {
                let isListening = try await TCPClient(host: "127.0.0.1", port: port).isListening()
                try expect(!isListening, "port \(port) is silent", actual: "a connection was accepted")
            }
        }
    }
}
