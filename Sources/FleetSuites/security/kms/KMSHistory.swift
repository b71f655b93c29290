import FleetModel
import FleetTestKit
import InterfaceProfile

extension KMSTests {
    static let sshKeyRotation = test(
        "security/kms/ssh-key-rotation", "SSH key rotation", modes: [.enterprise], estimate: 10
    ) { context in
        let vault = try await Vault.make(context, remover: try await context.administrator())
        let first = try await vault.kms.storeSSHKey(vault.name)
        let second = try await context.step("a rotation makes version 2, another key") {
            let second = try await vault.kms.rotateSSHKey(vault.name)
            try expectEqual(second.version, 2, "the version")
            try expect(second.publicKey != first.publicKey, "the public key is another one")
            return second
        }
        try await context.step("both versions are there by number, in the KMS and in OpenBao; the newest is the second")
        {
            let names = context.profile.kmsFields
            for made in [first, second] {
                let key = try await vault.kms.sshKey(vault.name, version: made.version)
                try expectEqual(key.publicKey, made.publicKey, "the public key of version \(made.version)")
                let kept = try require(
                    try await context.openBao().secret(vault.path, version: made.version), "version \(made.version)")
                try expect(
                    kept.data[names.privateKey]?.string == key.privateKey, "OpenBao has version \(made.version)")
            }
            try expectEqual(try await vault.kms.sshKey(vault.name).version, 2, "the version that is shown by default")
            try expectEqual(try await context.openBao().newestVersion(of: vault.path), 2, "the newest in OpenBao")
        }
        try await context.step("each opens the servers that were made with it, and no other") {
            try await expectLogins(vault, first, second, context)
        }
        try await context.step("ten rotations at once: each that succeeded has a number of its own, and none is lost") {
            try await expectRace(vault, context)
        }
    }

    private static func expectLogins(
        _ vault: Vault, _ first: StoredSSHKey, _ second: StoredSSHKey, _ context: TestContext
    ) async throws {
        let platform = try await context.platform
        var servers: [String] = []
        var identities: [SSHIdentity] = []
        for made in [first, second] {
            let server = context.unique("version-\(made.version)")
            await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
            try await platform.completed(try await platform.createServers([server], authorizedKeys: [made.publicKey]))
            servers.append(server)
            identities.append(
                try await install(try await vault.kms.sshKey(vault.name, version: made.version), context).identity)
        }
        for index in 0..<2 {
            let bench = try await Workbench.find(servers[index], identities[index], context)
            try expectEqual(try await bench.ssh.output(of: "echo in"), "in", "what the server says to its key")
            try await expectDenied(servers[index], identities[1 - index], context)
        }
    }

    private static func expectRace(_ vault: Vault, _ context: TestContext) async throws {
        let results = await withTaskGroup(of: Result<StoredSSHKey, any Error>.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do { return .success(try await vault.kms.rotateSSHKey(vault.name)) } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let made = results.compactMap { try? $0.get() }
        for case .failure(let error) in results {
            let refusal = try require(error as? PlatformRefusal, "a refusal in \(error)")
            try expectEqual(refusal.status, 409, "the status of a rotation that came too late")
        }
        let versions = made.map(\.version).sorted()
        try expect(!versions.isEmpty, "at least one succeeds")
        try expectEqual(versions, Array(3..<3 + versions.count), "the versions that were made")
        try expectEqual(
            try await context.openBao().newestVersion(of: vault.path), 2 + versions.count, "the newest in OpenBao")
        for key in made {
            let kept = try require(
                try await context.openBao().secret(vault.path, version: key.version), "version \(key.version)")
            let publicKey = kept.data[context.profile.kmsFields.publicKey]?.string
            try expectEqual(publicKey, key.publicKey, "the public key of version \(key.version) in OpenBao")
        }
    }

    static let auditLogging = test(
        "security/kms/audit-logging", "Audit logging for key access", modes: [.enterprise], estimate: 8
    ) { context in
        let remover = try await context.administrator()
        let vault = try await Vault.make(context, remover: remover)
        let pair = try await makePair(context)
        let stranger = try await context.makeUser("stranger", roles: ["developer"], remover: remover)
        try await context.step("store, read, rotate, try in vain, remove") {
            _ = try await vault.kms.storeSSHKey(vault.name, pair)
            _ = try await vault.kms.sshKey(vault.name)
            _ = try await vault.kms.rotateSSHKey(vault.name)
            let outsider = try context.kms(as: try await context.login(stranger))
            try await expectRefusal("a read by somebody else", statuses: 403...403) {
                _ = try await outsider.sshKey(vault.name)
            }
            try expect(try await vault.kms.removeSSHKey(vault.name), "the key was there to be removed")
        }
        // The collection's path has no name of a key in it, so a key's creation is known by who did it.
        let expected: [(user: String, action: String, outcome: String, named: Bool)] = [
            (vault.ownerName, "create", "success", false),
            (vault.ownerName, "read", "success", true), (vault.ownerName, "update", "success", true),
            (stranger.name, "read", "failure", true), (vault.ownerName, "delete", "success", true),
        ]
        for event in expected {
            try await context.step("Elasticsearch has “\(event.action)” of \(event.user), which was a \(event.outcome)")
            {
                try await eventually("the event arrives in Elasticsearch", within: .seconds(40)) {
                    var members = [
                        "user.name": event.user, "event.action": event.action, "event.outcome": event.outcome,
                        "service.name": "kms",
                    ]
                    if event.named { members["resource.id"] = vault.name }
                    let found = try await context.elasticsearch.auditEvents(members)
                    try expectEqual(found.count, 1, "the number of such events")
                    try expectEqual(found[0]["resource"]?["type"]?.string, "key", "what the event is about")
                }
            }
        }
        try await context.step("nothing of the key stands in any event, and the platform's own list says the same") {
            let secret = pair.privateKey.split(separator: "\n").dropFirst().first.map(String.init) ?? pair.privateKey
            for user in [vault.ownerName, stranger.name] {
                let events = try await context.elasticsearch.auditEvents(["user.name": user])
                let text = events.map(\.description).joined()
                try expect(!text.contains(secret) && !text.contains("PRIVATE KEY"), "no event holds a private key")
            }
            let auditor = try context.web("kms", as: try await context.login("auditor"))
            let asked = Endpoint("GET", "\(context.profile.kms.auditQuery)?resource_id=\(vault.name)&limit=100")
            let events = try await auditor.ask(asked).json?[context.profile.fields.envelope.data]?.array ?? []
            try expectEqual(events.count, expected.count { $0.named }, "the events that the KMS itself lists")
        }
    }
}
