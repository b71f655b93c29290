import FleetModel
import FleetTestKit
import InterfaceProfile

extension KMSTests {
    static let sshKeyStorage = test(
        "security/kms/ssh-key-storage", "SSH key storage", modes: [.enterprise], estimate: 5
    ) { context in
        let vault = try await Vault.make(context, remover: try await context.administrator())
        let pair = try await makePair(context)
        let names = context.profile.kmsFields
        let stored = try await context.step("store a key pair: it is version 1, and the answer keeps the secret") {
            let stored = try await vault.kms.storeSSHKey(vault.name, pair)
            try expectEqual(stored.version, 1, "the version")
            try expectEqual(stored.publicKey, pair.publicKey, "the public key")
            try expect(stored.privateKey == nil, "the private key is not sent back")
            return stored
        }
        try await context.step("OpenBao has it, byte for byte") {
            let secret = try require(try await context.openBao().secret(vault.path), "the secret in OpenBao")
            try expectEqual(secret.version, stored.version, "the version in OpenBao")
            try expect(
                secret.data[names.privateKey]?.string == pair.privateKey, "OpenBao has the private key that we sent")
            try expectEqual(secret.data[names.publicKey]?.string, pair.publicKey, "the public key in OpenBao")
        }
        try await context.step("it is listed, and its name is taken") {
            try expectContains(try await vault.kms.sshKeys(), vault.name, "the names")
            try await expectRefusal("a second key of this name", statuses: 409...409) {
                _ = try await vault.kms.storeSSHKey(vault.name, pair)
            }
            try expectEqual(
                try await context.openBao().newestVersion(of: vault.path), 1, "the newest version in OpenBao")
        }
        try await context.step("what is no key, and half a pair, are refused, and leave nothing") {
            let other = context.unique("none")
            let chief = try context.kms(as: vault.owner)
            await context.cleanup("remove key \(other)") { try await chief.removeSSHKey(other) }
            for broken in [("no key", pair.publicKey), (pair.privateKey, "nokey"), ("", "")] {
                try await expectRefusal("a pair that is none", statuses: 400...422) {
                    _ = try await vault.kms.storeSSHKey(other, broken)
                }
            }
            try await expectRefusal("a name that is none", statuses: 400...422) {
                _ = try await vault.kms.storeSSHKey("../\(other)", pair)
            }
            let nothing = try await context.openBao().secret(context.profile.kmsFields.openBaoFolder + "/\(other)")
            try expect(nothing == nil, "OpenBao has no such secret")
        }
        try await context.step("removed, it is gone from OpenBao, with all its versions") {
            try expect(try await vault.kms.removeSSHKey(vault.name), "the key was there to be removed")
            try expectEqual(try await context.openBao().newestVersion(of: vault.path), nil, "the secret in OpenBao")
        }
    }

    static let sshKeyRetrieval = test(
        "security/kms/ssh-key-retrieval", "SSH key retrieval", modes: [.enterprise], estimate: 6
    ) { context in
        let remover = try await context.administrator()
        let vault = try await Vault.make(context, remover: remover)
        let pair = try await makePair(context)
        _ = try await vault.kms.storeSSHKey(vault.name, pair)
        try await context.step("the owner gets back what he stored, and ssh-keygen makes the same public key of it") {
            let key = try await vault.kms.sshKey(vault.name)
            try expect(key.privateKey == pair.privateKey, "the private key is the one that was stored")
            let computed = try await install(key, context).publicKey
            try expectEqual(computed, words(of: pair.publicKey), "the public key of the private one")
        }
        try await context.step("who runs the infrastructure may have it, too") {
            let sre = try context.kms(as: try await context.login("operator"))
            try expect(try await sre.sshKey(vault.name).privateKey == pair.privateKey, "the operator gets it")
        }
        try await context.step("nobody else gets it, by any way") {
            let stranger = try await context.login(
                try await context.makeUser("stranger", roles: ["developer"], remover: remover))
            let path = filledPath(context.profile.kms.sshKey, vault.name)
            let ways = [
                Endpoint("GET", path), Endpoint("GET", path + "?version=1"), Endpoint("DELETE", path),
                Endpoint("POST", filledPath(context.profile.kms.rotateSSHKey, vault.name), body: .object([:])),
            ]
            for session in [stranger, try await context.login("viewer"), try await context.login("auditor")] {
                let web = try context.web("kms", as: session)
                for way in ways {
                    let answer = try await web.ask(way)
                    try expectEqual(answer.status, 403, "the status of \(way) for somebody else")
                    try expect(!answer.text.contains("PRIVATE KEY"), "the refusal of \(way) holds no key")
                }
            }
            for way in ways {
                let status = try await context.web("kms").ask(way).status
                try expectEqual(status, 401, "the status of \(way) without a login")
            }
            try expectEqual(
                try await context.openBao().newestVersion(of: vault.path), 1, "the newest version in OpenBao")
        }
        try await context.step("what is not there is told apart") {
            for (name, version, statuses) in [
                (context.unique("none"), nil, 404...404), (vault.name, 7, 404...404), (vault.name, 0, 400...422),
            ] as [(String, Int?, ClosedRange<Int>)] {
                try await expectRefusal("version \(version ?? 1) of \(name)", statuses: statuses) {
                    _ = try await vault.kms.sshKey(name, version: version)
                }
            }
        }
    }

    static let sshKeyUsage = test(
        "security/kms/ssh-key-usage", "SSH key usage for server access", modes: [.enterprise], estimate: 6
    ) { context in
        let remover = try await context.administrator()
        let vault = try await Vault.make(context, remover: remover)
        let platform = try await context.platform
        let made = try await context.step("the KMS makes a key pair; a server is made with its public key") {
            let made = try await vault.kms.storeSSHKey(vault.name)
            try expect(made.privateKey == nil, "the answer keeps the secret")
            return made
        }
        let server = context.unique("locked")
        await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
        try await platform.completed(try await platform.createServers([server], authorizedKeys: [made.publicKey]))
        let key = try await vault.kms.sshKey(vault.name)
        let (identity, computed) = try await install(key, context)
        try expectEqual(computed, words(of: made.publicKey), "the public key of the private one")
        try await context.step("the private key, fetched from the KMS, opens the server") {
            let bench = try await Workbench.find(server, identity, context)
            try expectEqual(try await bench.ssh.output(of: "echo in"), "in", "what the server says")
        }
        let owner = try context.orchestrator(as: vault.owner)
        let stranger = try await context.makeUser("stranger", roles: ["developer"], remover: remover)
        let other = try context.orchestrator(as: try await context.login(stranger))
        try await expectTemporalKey(of: owner, closedTo: other, on: server, context)
        try await expectSecrets(of: owner, closedTo: other, context)
        try await context.step("no other key does, another one of the KMS neither") {
            let other = context.unique("other")
            let kms = vault.kms
            await context.cleanup("remove key \(other)") { try await kms.removeSSHKey(other) }
            _ = try await vault.kms.storeSSHKey(other)
            let (wrong, _) = try await install(try await vault.kms.sshKey(other), context)
            try await expectDenied(server, wrong, context)
            try await expectDenied(server, try await context.makeIdentity(), context)
        }
    }

    /// The server does not let a key in.
    static func expectDenied(_ server: String, _ identity: SSHIdentity, _ context: TestContext) async throws {
        let bench = try await Workbench.find(server, identity, context)
        do {
            _ = try await bench.ssh.execute("true")
        } catch let failure as SSHFailure {
            return try expect(failure.reason.contains("denied"), "the key is denied", actual: failure.reason)
        }
        try expect(false, "\(server) refuses a key that is not its own", actual: "the login worked")
    }
}
