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

@Suite(
    "Environments", .serialized,
    .enabled(if: servicesAreThere, "platform, knotd, docker-registry or sshd is not there"))
struct EnvironmentTests {
    static let drivers: [Driver] = [.process, .namespace]

    @Test("everything comes up, says what it is, and leaves nothing", arguments: drivers)
    func upAndDown(driver: Driver) async throws {
        try await withPlace { place in
            let plan = try place.plan(driver)
            let environment = try await place.bringUp(plan)
            #expect(environment.driver == driver)
            #expect(environment.services.map(\.name).sorted() == ["dns", "orchestrator", "registry"])
            for service in environment.services {
                #expect(service.version.contains { $0.isNumber } && service.readySeconds > 0, "\(service)")
            }
            let endpoints = environment.endpoints
            #expect(endpoints["environment", "driver"] == driver.rawValue)
            if driver == .namespace {
                #expect(endpoints["orchestrator", "url"] == "http://127.0.0.1:9090")
                #expect(endpoints["dns", "port"] == "53")
                #expect(endpoints["registry", "url"] == "http://127.0.0.1:5000")
            }
            let joined = driver == .namespace ? environment.keeperProcessID : nil
            for url in [
                "\(endpoints["orchestrator", "url"] ?? "")/health", "\(endpoints["registry", "url"] ?? "")/v2/",
            ] {
                let script = "import urllib.request, sys; print(urllib.request.urlopen(sys.argv[1]).status)"
                let answer = try await run(["python3", "-c", script, url], joining: joined)
                #expect(answer.output == "200\n")
            }
            let leftovers = await environment.takeDown()
            #expect(leftovers == [])
            #expect(access(plan.directory, F_OK) != 0)
            let failure = await environment.failure()
            #expect(failure == nil)
            Attachment.record(
                "\(driver.rawValue): \(environment.readySeconds) s", named: "ready-\(driver.rawValue).txt")
        }
    }

    @Test("without a wish the namespace driver is taken")
    func defaultDriver() async throws {
        try await withPlace { place in
            let environment = try await place.bringUp(try place.plan(nil))
            #expect(environment.driver == .namespace)
            #expect(await environment.takeDown() == [])
        }
    }

    @Test("two side by side share nothing", arguments: drivers)
    func sideBySide(driver: Driver) async throws {
        try await withPlace { place in
            async let first = place.bringUp(try place.plan(driver, name: "a"))
            async let second = place.bringUp(try place.plan(driver, name: "b"))
            let environments = try await [first, second]
            if driver == .process {
                #expect(environments[0].endpoints["dns", "port"] != environments[1].endpoints["dns", "port"])
            }
            #expect(environments[0].credentials["dns"]?["secret"] != environments[1].credentials["dns"]?["secret"])
            #expect(await environments[0].takeDown() == [])
            // The other one does not even notice.
            let joined = driver == .namespace ? environments[1].keeperProcessID : nil
            let url = environments[1].endpoints["registry", "url"] ?? ""
            let answer = try await run(
                ["python3", "-c", "import urllib.request, sys; urllib.request.urlopen(sys.argv[1])", "\(url)/v2/"],
                joining: joined)
            #expect(answer.status == .exited(0))
            #expect(await environments[1].takeDown() == [])
        }
    }

    @Test("signed updates and transfers work, unsigned updates do not", arguments: drivers)
    func dns(driver: Driver) async throws {
        guard ProgramSearch.find("knsupdate") != nil, ProgramSearch.find("kdig") != nil else { return }
        try await withPlace { place in
            let environment = try await place.bringUp(try place.plan(driver))
            let joined = driver == .namespace ? environment.keeperProcessID : nil
            let port = environment.endpoints["dns", "port"] ?? ""
            let key = environment.credentials["dns"] ?? [:]
            func update(_ name: String, signed: Bool) async throws -> ExitStatus? {
                let text = """
                    server 127.0.0.1 \(port)
                    zone provisioning.local
                    \(signed ? "key hmac-sha256:\(key["key-name"] ?? ""):\(key["secret"] ?? "")" : "")
                    update add \(name).provisioning.local 60 A 192.0.2.1
                    send
                    """
                return try await run(["sh", "-c", "printf '%s\\n' \"$0\" | knsupdate", text], joining: joined).status
            }
            let signed = try await update("signed", signed: true)
            let unsigned = try await update("unsigned", signed: false)
            #expect(signed == .exited(0) && unsigned != .exited(0))
            let zone = try await run(
                ["kdig", "@127.0.0.1", "-p", port, "provisioning.local", "AXFR", "+noall", "+answer"], joining: joined)
            #expect(zone.output.contains("signed.provisioning.local."))
            #expect(!zone.output.contains("unsigned.provisioning.local."))
            #expect(await environment.takeDown() == [])
        }
    }

    @Test("the window of a mark has what came later and nothing else")
    func logs() async throws {
        try await withPlace { place in
            let environment = try await place.bringUp(try place.plan(.process))
            let url = environment.endpoints["registry", "url"] ?? ""
            _ = try await HTTPClient.shared.execute(HTTPRequest(url: "\(url)/v2/before/tags/list"))
            let registryHasLogged = await Waiting.until(within: .seconds(5)) {
                environment.logs(since: LogMark(sizes: [:])).contains { $0.text.text.contains("before/tags") }
            }
            #expect(registryHasLogged)
            let mark = environment.logMark()
            _ = try await HTTPClient.shared.execute(HTTPRequest(url: "\(url)/v2/after/tags/list"))
            let isLogged = await Waiting.until(within: .seconds(5)) {
                environment.logs(since: mark).contains {
                    $0.service == "registry" && $0.text.text.contains("after/tags")
                }
            }
            #expect(isLogged)
            #expect(!environment.logs(since: mark).contains { $0.text.text.contains("before/tags") })
            #expect(await environment.takeDown() == [])
            #expect(environment.logs(since: mark).isEmpty)
        }
    }
}
