import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// The KMS service as a process, over a real OpenBao and control center.
@Suite(
    .serialized,
    .enabled(
        if: TestControlCenter.canRun && OpenBaoServer.isInstalled, "needs PostgreSQL and Tests/Tools/install-openbao"))
struct KMSTests {
    let paths = InterfaceProfile.standard.kms

    private func with(_ body: (RunningService, TestControlCenter) async throws -> Void) async throws {
        let bao = try await OpenBaoServer.start { method, url, body, token in
            let answer = try await HTTP.send(
                method, url, body: body.isEmpty ? nil : Data(body.utf8),
                headers: token.isEmpty ? [:] : ["X-Vault-Token": token])
            return (answer.status, answer.body)
        }
        do {
            try await TestControlCenter.with { center in
                let settings = """
                    {"openbao":"\(bao.url)","openbao_token":"\(bao.token)",
                    "security":{"control_center":"\(center.center.url)"}}
                    """
                try await RunningService.with("kms", settings: settings) { try await body($0, center) }
            }
            await bao.service.stop()
        } catch {
            await bao.service.stop()
            throw error
        }
    }

    @Test(.timeLimit(.minutes(2))) func whatIsEncryptedOpensUnderItsContextOnly() async throws {
        try await with { kms, center in
            let token = try await center.token("developer")
            let secret = Data("attack at dawn".utf8).base64EncodedString()
            let made = try await kms.send(
                "POST", paths.encrypt, #"{"plaintext":"\#(secret)","context":"shop"}"#, token: token)
            let ciphertext = try #require(made.json["data"]["ciphertext"].string, "\(made.text)")
            let open = { (context: String, text: String) in
                try await kms.send(
                    "POST", paths.decrypt, #"{"ciphertext":"\#(text)"\#(context)}"#, token: token)
            }
            #expect(try await open(#","context":"shop""#, ciphertext).json["data"]["plaintext"].string == secret)
            for context in ["", #","context":"bank""#] {
                #expect(try await open(context, ciphertext).status == 400, "\(context)")
            }
            #expect(
                try await open(#","context":"shop""#, Data("vault:v1:AAAA".utf8).base64EncodedString()).status == 400)
            #expect(try await kms.send("POST", paths.encrypt, #"{"plaintext":"?"}"#, token: token).status == 400)

            // After a rotation new versions are used, and old ones still open.
            let `operator` = try await center.token("operator")
            let rotated = try await kms.send("POST", paths.rotate, token: `operator`)
            #expect(rotated.json["data"]["key_version"].int == 2, "\(rotated.text)")
            #expect(try await open(#","context":"shop""#, ciphertext).json["data"]["plaintext"].string == secret)
            let key = try await kms.send("POST", paths.generateKey, "{}", token: token).json["data"]
            #expect(Data(base64Encoded: key["plaintext"].string ?? "")?.count == 32)
            let wrapped = try #require(key["ciphertext"].string)
            #expect(try await open("", wrapped).json["data"]["plaintext"] == key["plaintext"])
            #expect(String(decoding: try #require(Data(base64Encoded: wrapped)), as: UTF8.self).hasPrefix("vault:v2:"))

            for name in ["viewer", "auditor"] {
                let refused = try await kms.send(
                    "POST", paths.encrypt, #"{"plaintext":"\#(secret)"}"#, token: try await center.token(name))
                #expect(refused.status == 403, "\(name)")
            }
            #expect(try await kms.send("POST", paths.decrypt, "{}").status == 401)
            let status = try await kms.send("GET", paths.status, token: token).json["data"]
            #expect(status["backend"].string == "openbao" && status["sealed"] == .boolean(false))
            for path in [paths.health, paths.ready, paths.metrics, paths.kmsHealth] {
                #expect(try await kms.send("GET", path).status == 200, "\(path)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func sshKeysHaveVersionsOwnersAndAnAudit() async throws {
        try await with { kms, center in
            let token = try await center.token("developer")
            let made = try await kms.send("POST", paths.sshKeys, #"{"name":"web"}"#, token: token)
            #expect(made.status == 201 && made.json["data"]["version"].int == 1, "\(made.text)")
            #expect(made.json["data"]["private_key"] == .null)
            #expect(try await kms.send("POST", paths.sshKeys, #"{"name":"web"}"#, token: token).status == 409)
            let place = filledPath(paths.sshKey, "web")
            let first = try await kms.send("GET", place, token: token).json["data"]
            let secret = try #require(first["private_key"].string)
            let file = "\(kms.service.directory)/key"
            try AtomicFile.write(secret.utf8, to: file)
            let derived = try await Program.run("/usr/bin/ssh-keygen", ["-y", "-f", file])
            #expect(derived.output.hasPrefix(first["public_key"].string ?? "-"), "\(derived.output)")

            let rotated = try await kms.send("POST", filledPath(paths.rotateSSHKey, "web"), "{}", token: token)
            #expect(rotated.json["data"]["version"].int == 2, "\(rotated.text)")
            #expect(try await kms.send("GET", place, token: token).json["data"]["public_key"] != first["public_key"])
            #expect(try await kms.send("GET", place + "?version=1", token: token).json["data"] == first)
            #expect(try await kms.send("GET", place + "?version=3", token: token).status == 404)

            let other = try await kms.send("GET", place, token: try await center.token("second"))
            #expect(other.status == 403, "\(other.text)")
            #expect(try await kms.send("GET", place, token: try await center.token("viewer")).status == 403)
            #expect(try await kms.send("GET", place, token: try await center.token("operator")).status == 200)
            for name in ["../x", "A", ""] {
                let answer = try await kms.send("POST", paths.sshKeys, #"{"name":"\#(name)"}"#, token: token)
                #expect(answer.status == 400, "\(name)")
            }

            let stats = try await kms.send(
                "GET", paths.auditStats + "?resource_type=key", token: try await center.token("auditor"))
            #expect(stats.json["data"]["outcomes"]["failure"].int ?? 0 > 0, "\(stats.text)")
            let events = try await kms.send(
                "GET", paths.auditQuery + "?resource_type=key&resource_id=web", token: try await center.token("auditor")
            )
            let seen = events.json["data"].items.reversed().map {
                "\($0["user"]["name"].string ?? "") \($0["event"]["action"].string ?? "") \($0["event"]["outcome"].string ?? "")"
            }
            #expect(
                seen == [
                    "developer read success", "developer update success", "developer read success",
                    "developer read success", "developer read failure", "second read failure", "viewer read failure",
                    "operator read success",
                ])
            #expect(!events.text.contains("OPENSSH") && !kms.service.log.contains("OPENSSH"))
            let admin = try await center.token("admin", code: TestControlCenter.code())
            #expect(try await kms.send("DELETE", place, token: admin).status == 200)
            #expect(try await kms.send("GET", place, token: token).status == 404)
        }
    }
}
