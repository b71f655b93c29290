import FleetHTTP
import FleetModel
import FleetSystem
import FleetTestKit
import InterfaceProfile

extension Enterprise {
    static let sshKeysInKMS = test(
        "modes/enterprise/ssh-keys-in-kms", "SSH keys stored in KMS", modes: [.enterprise], estimate: 6
    ) { context in
        let paths = context.profile.kms
        let owner = JSONClient(web: try context.web("kms", as: try await context.login("developer")))
        // The service account deletes without a second factor.
        let remover = JSONClient(web: try context.web("kms", as: try await context.login("automation")))
        let name = context.unique("key")
        await context.cleanup("delete key \(name)") {
            let status = try await remover.status(.delete, filledPath(paths.sshKey, name))
            try expectContains([200, 404], status, "the statuses of the removal of a key")
        }
        let identity = try await context.makeIdentity()
        let own = String(decoding: try AtomicFile.read(identity.privateKeyFile), as: UTF8.self)
        try await context.step("store a key pair") {
            let stored = try await owner.ask(
                .post, paths.sshKeys,
                .object([
                    "name": .string(name), "private_key": .string(own), "public_key": .string(identity.publicKey),
                ]))
            try expectEqual(stored["data", "version"]?.integer, 1, "the version")
            let again = try await owner.status(
                .post, paths.sshKeys,
                .object([
                    "name": .string(name), "private_key": .string(own), "public_key": .string(identity.publicKey),
                ]))
            try expectEqual(again, 409, "the status of a second key of the name")
        }
        try await context.step("OpenBao holds it, and what comes back is what was stored") {
            let kept = try await openBao(context).ask(
                .get, "/v1/\(try context.endpoint("openbao", "kv"))/data/ssh-keys/\(name)")
            // Not compared with a message: a failure must not show the key.
            try expect(kept["data", "data", "private_key"]?.string == own, "OpenBao's private key is the same")
            let back = try await owner.ask(.get, filledPath(paths.sshKey, name))
            try expect(back["data", "private_key"]?.string == own, "the private key is the same")
        }
        try await context.step("the key from the KMS opens a server") {
            let server = try await context.makeServer("node", identity: identity)
            let back = try await owner.ask(.get, filledPath(paths.sshKey, name))
            let file = "\(context.scratch)/from-kms"
            let text = try require(back["data", "private_key"]?.string, "the private key")
            try AtomicFile.write(Array(text.utf8), to: file)
            let output = try await context.ssh(to: server, identity: file).output(of: "echo opened")
            try expectEqual(output, "opened", "what the server printed")
        }
        try await context.step("nobody else reads it") {
            for (person, status) in [("viewer", 403), ("auditor", 403)] {
                let web = try context.web("kms", as: try await context.login(person))
                let found = try await JSONClient(web: web).status(.get, filledPath(paths.sshKey, name))
                try expectEqual(found, status, "the status for the \(person)")
            }
            let nobody = try await JSONClient(web: try context.web("kms")).status(.get, filledPath(paths.sshKey, name))
            try expectEqual(nobody, 401, "the status without a login")
        }
        try await context.step("after a rotation the new one is handed out, and the old one by its number") {
            let rotated = try await owner.ask(.post, filledPath(paths.rotateSSHKey, name), .object([:]))
            try expectEqual(rotated["data", "version"]?.integer, 2, "the version")
            let newest = try await owner.ask(.get, filledPath(paths.sshKey, name))
            try expect(newest["data", "private_key"]?.string != own, "the newest private key is another one")
            let old = try await owner.ask(.get, filledPath(paths.sshKey, name) + "?version=1")
            try expect(old["data", "private_key"]?.string == own, "version 1 is the first key")
        }
        try await context.step("removed, no version is left") {
            try expectEqual(try await remover.status(.delete, filledPath(paths.sshKey, name)), 200, "the status")
            for version in ["", "?version=1", "?version=2"] {
                let status = try await owner.status(.get, filledPath(paths.sshKey, name) + version)
                try expectEqual(status, 404, "the status of the key\(version)")
            }
        }
    }

    /// OpenBao itself, with the token that may do everything: the second witness.
    private static func openBao(_ context: TestContext) throws -> JSONClient {
        let token = try context.credential("openbao", "token")
        return JSONClient(
            web: WebClient(
                base: try context.endpoint("openbao", "url"), log: context.log,
                authorization: Authorization.bearer(token)))
    }
}
