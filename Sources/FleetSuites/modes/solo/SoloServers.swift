import FleetModel
import FleetTestKit
import InterfaceProfile

extension Solo {
    static let serverDeploymentWithDNS = test(
        "modes/solo/server-deployment-with-dns", "Server deployment with DNS registration", modes: [.solo], estimate: 3
    ) { context in
        let orchestrator = try context.orchestrator
        let name = context.unique("web")
        let fullName = "\(name).\(try context.zone)"
        let identity = try await context.step("make a key") { try await context.makeIdentity() }
        try await context.step("the name does not resolve yet") {
            try await context.expectAddresses([], of: fullName, within: .zero)
        }

        await context.cleanup("delete server \(name)") { try await orchestrator.removeServer(name) }
        let server = try await context.step("create the server") {
            let id = try await orchestrator.createServers([name], authorizedKeys: [identity.publicKey])
            try await orchestrator.completed(id)
            return try require(try await orchestrator.server(name), "the server in the orchestrator's list")
        }
        let address = try await context.step("the orchestrator describes it") {
            try expectEqual(
                server.status, context.profile.spellings.serverRunning.lowercased(), "the state of the server")
            try expectEqual(server.dnsName, fullName, "the name in the DNS")
            return try require(server.address, "the address")
        }
        try await context.step("the name resolves over UDP and TCP") {
            try await context.expectAddresses([address], of: fullName)
        }
        try await context.step("the record may be kept for as long as documented, not longer") {
            let answer = try await context.dns.query(fullName, .a)
            let ttl = Int(try require(answer.answers.first, "the record").ttl)
            try expect(
                (1...context.profile.dns.ttl).contains(ttl), "the TTL is 1 to \(context.profile.dns.ttl) s", actual: ttl
            )
        }
        try await context.step("the orchestrator lists the record") {
            let record = try await orchestrator.dnsRecords().first { $0.name == fullName && $0.type == "A" }
            try expectEqual(record?.value, address, "the listed address")
        }
        try await expectLogin(to: server, at: address, identity, context)

        try await context.step("delete the server") {
            try await orchestrator.completed(try await orchestrator.deleteServers([name]))
        }
        try await context.step("name, server and SSH are gone") {
            try await context.expectAddresses([], of: fullName)
            try expectEqual(try await orchestrator.server(name), nil, "the server")
            let records = try await orchestrator.dnsRecords().filter { $0.name == fullName }
            try expectEqual(records, [], "the listed records")
            let port = try require(server.sshPort, "the SSH port")
            try await context.expectShut(address, port)
        }
    }

    /// Logs in and looks around: the right host, the right user, nothing of anybody else's.
    private static func expectLogin(
        to server: ServerInfo, at address: String, _ identity: SSHIdentity, _ context: TestContext
    ) async throws {
        let ssh = try context.ssh(to: server, identity: identity.privateKeyFile)
        try await context.step("the server answers over SSH") {
            let words = try await ssh.output(of: "id -un; echo \"$SSH_CONNECTION\"").split(separator: "\n")
            try expectEqual(words.first.map(String.init), server.sshUser, "the user of the session")
            let connection = try require(words.last, "the connection").split(separator: " ").map(String.init)
            try expectEqual(connection.dropFirst(2).first, address, "the address that the session came in at")
        }
        try await context.step("the home directory is empty") {
            try expectEqual(try await ssh.output(of: "cd && ls -A"), "", "the files in the home directory")
        }
        try await context.step("another key does not get in") {
            let stranger = try context.ssh(to: server, identity: try await context.makeIdentity().privateKeyFile)
            do {
                _ = try await stranger.execute("true")
            } catch let failure as SSHFailure {
                return try expect(failure.reason.contains("denied"), "the key is denied", actual: failure.reason)
            }
            try expect(false, "a key that nobody authorised is refused", actual: "the login worked")
        }
    }
}
