import FleetHTTP
import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Each native service is started, used, ended and started again: what was told it is still there.
@Suite(
    "Native services", .serialized, .enabled(if: servicesAreThere, "platform, knotd or docker-registry is not there"))
struct NativeServiceTests {
    @Test("knot keeps its zone", arguments: EnvironmentTests.drivers)
    func dns(driver: Driver) async throws {
        try await withService("dns", driver) { service in
            let secrets = try #require(service.environment.credentials["dns"])
            let (address, port) = (try service.property("address"), try service.property("port"))
            let update = """
                server \(address) \(port)
                key hmac-sha256:\(secrets["key-name"] ?? ""):\(secrets["secret"] ?? "")
                zone provisioning.local
                update add web.provisioning.local 60 A 192.0.2.7
                send

                """
            let answer = try await service.run(["sh", "-c", "printf '%s' \"$UPDATE\" | knsupdate"], ["UPDATE": update])
            #expect(answer.status == .exited(0), "\(answer.output)")
            let ask = ["kdig", "@\(address)", "-p", port, "+short", "web.provisioning.local", "A"]
            #expect(try await service.run(ask).output == "192.0.2.7\n")
            try await service.environment.restart("dns")
            #expect(try await service.run(ask).output == "192.0.2.7\n")
            #expect(service.environment.credentials["dns"]?["secret"] == secrets["secret"])
        }
    }

    @Test("docker-registry keeps its blobs", arguments: EnvironmentTests.drivers)
    func registry(driver: Driver) async throws {
        try await withService("registry", driver) { service in
            let url = try service.property("url")
            let pushed = try await service.python(
                """
                import hashlib, sys, urllib.request as u
                url, data = sys.argv[1], b"a blob"
                digest = "sha256:" + hashlib.sha256(data).hexdigest()
                begun = u.urlopen(u.Request(url + "/v2/a/b/blobs/uploads/", method="POST", data=b""))
                place = begun.headers["Location"]
                place += ("&" if "?" in place else "?") + "digest=" + digest
                u.urlopen(u.Request(place, method="PUT", data=data, headers={"Content-Type": "application/octet-stream"}))
                print(digest)
                """, url)
            let digest = pushed.output.split(separator: "\n").last.map(String.init) ?? ""
            try await service.environment.restart("registry")
            let read = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
            #expect(try await service.python(read, "\(url)/v2/a/b/blobs/\(digest)").output == "a blob\n")
        }
    }

    @Test(
        "postgresql keeps its rows, and its databases apart", .enabled(if: isThere(PostgreSQL()), "no PostgreSQL"),
        arguments: EnvironmentTests.drivers)
    func postgresql(driver: Driver) async throws {
        try await withService("postgresql", driver) { service in
            func ask(_ statement: String, of database: String, as user: String) async throws -> (
                output: String, status: FleetSystem.ExitStatus?
            ) {
                let secrets = service.environment.credentials["postgresql"] ?? [:]
                let password = secrets[user == "postgres" ? "password" : "\(user)-password"] ?? ""
                let command = [
                    "psql", "-h", try service.property("address"), "-p", try service.property("port"), "-U", user,
                    "-d", database, "-Atc", statement,
                ]
                return try await service.run(command, ["PGPASSWORD": password])
            }
            let made = try await ask(
                "create table t (i int); insert into t values (42); select i from t", of: "control_center",
                as: "control_center")
            #expect(made.output.hasSuffix("42\n"), "\(made.output)")
            try await service.environment.restart("postgresql")
            let read = try await ask("select i from t", of: "control_center", as: "control_center")
            #expect(read.output == "42\n", "\(read.output)")
            #expect(
                try await ask("show password_encryption", of: "api_server", as: "api_server").output
                    == "scram-sha-256\n")
            // One owner cannot enter the other's database, nobody comes in without a password, and no socket is there.
            #expect(try await ask("select 1", of: "api_server", as: "control_center").status == .exited(2))
            #expect(try await ask("select 1", of: "postgres", as: "postgres").output == "1\n")
            let secretless = try await service.run([
                "psql", "-w", "-h", try service.property("address"), "-p", try service.property("port"), "-U",
                "postgres",
            ])
            #expect(secretless.status == .exited(2))
            #expect(try await ask("show unix_socket_directories", of: "postgres", as: "postgres").output == "\n")
            #expect(service.info.version.hasPrefix("postgresql 1"))
        }
    }

    @Test(
        "prometheus scrapes whoever says where, and keeps what it saw",
        .enabled(if: isThere(Prometheus()), "no Prometheus"),
        arguments: EnvironmentTests.drivers)
    func prometheus(driver: Driver) async throws {
        try await withService("prometheus", driver, besides: ["dns", "registry", "orchestrator"]) { service in
            let url = try service.property("url")
            let ask = """
                import json, sys, urllib.parse, urllib.request as u
                query = urllib.parse.urlencode({"query": sys.argv[2]})
                print([r["value"][1] for r in json.load(u.urlopen(sys.argv[1] + "/api/v1/query?" + query))["data"]["result"]])
                """
            let seen = await Waiting.until(within: .seconds(30), every: .milliseconds(200)) {
                (try? await service.python(ask, url, "up{job=\"orchestrator\"}").output) == "['1']\n"
            }
            #expect(seen)
            let before = try await service.python(ask, url, "timestamp(up{job=\"orchestrator\"})").output
            #expect(before != "[]\n")
            try await service.environment.restart("prometheus")
            // Samples from before the restart are still told of.
            let old = try await service.python(ask, url, "count_over_time(up{job=\"orchestrator\"}[1h])")
            #expect(old.output != "[]\n")
        }
    }

    @Test(
        "openbao keeps its secrets, and an audit of each access", .enabled(if: isThere(OpenBao()), "no bao"),
        arguments: EnvironmentTests.drivers)
    func openbao(driver: Driver) async throws {
        try await withService("openbao", driver) { service in
            let (url, audit) = (try service.property("url"), try service.property("audit"))
            let call = """
                import json, os, sys, urllib.request as u
                body = sys.argv[3].encode() if len(sys.argv) > 3 else None
                r = u.Request(sys.argv[1] + "/v1/" + sys.argv[2], data=body, method="POST" if body else "GET")
                r.add_header("X-Vault-Token", os.environ["TOKEN"])
                answer = u.urlopen(r).read()
                print(json.dumps(json.loads(answer)["data"]) if answer else "")
                """
            let token = ["TOKEN": try #require(service.environment.credentials["openbao"]?["token"])]
            func ask(_ words: String...) async throws -> String {
                try await service.python(call, variables: token, arguments: [url] + words).output
            }
            _ = try await ask("secret/data/ssh/web", #"{"data":{"key":"the key"}}"#)
            _ = try await ask("transit/keys/k", "{}")
            let cipher = try await ask("transit/encrypt/k", #"{"plaintext":"aGVsbG8="}"#)
            #expect(cipher.contains("vault:v1:"))
            try await service.environment.restart("openbao")
            #expect(try await ask("secret/data/ssh/web").contains("the key"))
            let words = cipher.split(separator: "\"").first { $0.hasPrefix("vault:v1:") } ?? ""
            #expect(try await ask("transit/decrypt/k", #"{"ciphertext":"\#(words)"}"#).contains("aGVsbG8="))
            let lines = String(decoding: try AtomicFile.read(audit), as: UTF8.self)
            #expect(lines.contains("secret/data/ssh/web") && !lines.contains("the key"))
            // The token is where secrets are, and in no log.
            let log = String(decoding: try AtomicFile.read(service.log), as: UTF8.self)
            #expect(!log.contains(token["TOKEN"] ?? "?"))
            #expect(service.info.version.hasPrefix("openbao 2."))
        }
    }

    @Test("a service that the environment does not have cannot be started again; all else goes on")
    func unknownService() async throws {
        try await withService("dns", .process) { service in
            do {
                try await service.environment.restart("gitea")
                Issue.record("it was started again")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .missing && failure.advice == "choose one of dns")
            }
            try await service.environment.restart("dns")
        }
    }
}
