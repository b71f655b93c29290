import FleetModel
import Testing

@testable import FleetCoordinator

@Suite("test_config.yaml")
struct ConfigurationTests {
    private static let whole = """
        test_execution:
          timeouts:
            test_timeout_seconds: 600
            environment_timeout_seconds: 90
        environment:
          driver: process
          strict_services: true
          ports: legacy
        services:
          gitea:
            port: 3333
            backings:
              - native:
                  command: [gitea, web, --config, "{directory}/app.ini"]
                  port_argument: --port
                  data_argument: --work-path
                  files: {app.ini: "HTTP_PORT = {port}"}
                  health_path: /api/healthz
                  credentials: {password: {env: GITEA_PASSWORD}, token: {file: secrets/token}}
              - container:
                  image: gitea/gitea:1.22
                  container_port: 3000
                  volume: /data
                  memory: 512m
                  environment: {USER_UID: "1000"}
              - builtin
          postgresql:
            backings:
              - external: {properties: {address: db.example.org, port: "5432"}}
        """

    private func faults(_ text: String) -> [String] {
        do {
            _ = try ConfigurationFile.parse(text, file: "c.yaml")
            return []
        } catch {
            return error.errors.map { "\($0.line ?? 0):\($0.column ?? 0) \($0.message)" }
        }
    }

    @Test("every key is read")
    func everything() throws {
        let configuration = try ConfigurationFile.parse(Self.whole, file: "/etc/fleet/c.yaml")
        #expect(configuration.testTimeoutSeconds == 600 && configuration.environment.readySeconds == 90)
        #expect(configuration.driver == .process && configuration.strictServices)
        #expect(configuration.environment.portPreset == .legacy)
        let gitea = try #require(configuration.environment.services["gitea"])
        #expect(gitea.port == 3333 && gitea.backings.map(\.kind) == [.native, .container, .builtin])
        #expect(gitea.backings[0].command == ["gitea", "web", "--config", "{directory}/app.ini"])
        #expect(gitea.backings[0].portArgument == "--port" && gitea.backings[0].dataArgument == "--work-path")
        #expect(gitea.backings[0].files == ["app.ini": "HTTP_PORT = {port}"])
        #expect(gitea.backings[0].healthPath == "/api/healthz")
        #expect(
            gitea.backings[0].credentials == [
                "password": .environment("GITEA_PASSWORD"), "token": .file("/etc/fleet/secrets/token"),
            ])
        #expect(gitea.backings[1].image == "gitea/gitea:1.22" && gitea.backings[1].containerPort == 3000)
        #expect(gitea.backings[1].volume == "/data" && gitea.backings[1].memory == "512m")
        #expect(gitea.backings[1].environment == ["USER_UID": "1000"])
        let database = configuration.environment.services["postgresql"]?.backings.first
        #expect(database?.properties == ["address": "db.example.org", "port": "5432"])
    }

    @Test("an empty file, and none, are the standard")
    func empty() throws {
        #expect(try ConfigurationFile.parse("", file: "c.yaml") == TestConfiguration())
        #expect(try ConfigurationFile.parse("services: {}", file: "c.yaml") == TestConfiguration())
    }

    @Test("what is wrong is told with its place, all at once")
    func mistakes() {
        #expect(
            faults(
                """
                test_execution: {timeouts: {test_timeout_seconds: soon}}
                environment:
                  driver: docker
                  colour: blue
                services:
                  redis: {}
                  dns: {port: 0}
                """)
                == [
                    "1:51 test_timeout_seconds is not a duration", "3:11 driver cannot be “docker”",
                    "4:3 there is no key “colour”", "6:3 there is no key “redis”",
                    "7:15 port is not a number in its range",
                ])
    }

    @Test(
        "contradictions are told",
        arguments: [
            ("services: {dns: {port: 99}, gitea: {port: 99}}", "gitea has the port 99 of dns"),
            ("environment: {driver: external, strict_services: true}", "strict_services has no meaning"),
            ("services: {dns: {backings: []}}", "backings of dns is empty"),
            ("services: {dns: {backings: [{container: {memory: 1g}}]}}", "a container has no image"),
            ("services: {dns: {backings: [{native: {health_path: /h}}]}}", "has no command"),
            ("services: {dns: {backings: [{external: {}}]}}", "an external backing has no properties"),
            ("services: {dns: {backings: [{builtin: {image: x}}]}}", "there is no key “image”"),
            ("services: {dns: {backings: [{native: {}, builtin: {}}]}}", "neither a word nor a table with one key"),
            ("services: {dns: {backings: [{native: {command: [x], files: {../a: b}}}]}}", "is no name of a file"),
            ("services: {dns: {backings: [{native: {command: [x], health_path: h}}]}}", "does not begin with a slash"),
            (
                "services: {dns: {backings: [{native: {command: [x], credentials: {p: secret}}}]}}",
                "not named by its place"
            ),
            ("services: [dns]", "services is not a table"), ("- a", "the file is not a table"),
        ])
    func contradictions(_ text: String, _ message: String) {
        let faults = faults(text)
        #expect(faults.count == 1 && faults.first?.contains(message) == true, "\(faults)")
    }

    @Test("secrets are found when they are wanted, and never shown")
    func secrets() throws {
        let configuration = try ConfigurationFile.parse(Self.whole, file: "/etc/fleet/c.yaml")
        let text = ConfigurationText.render(configuration)
        #expect(text.contains("password: variable GITEA_PASSWORD") && text.contains("file /etc/fleet/secrets/token"))
        let found = try configuration.resolved { reference in reference == .environment("GITEA_PASSWORD") ? "s3" : "t7"
        }
        let credentials = found.environment.services["gitea"]?.backings[0].credentials
        #expect(credentials?["password"]?.value == "s3" && credentials?["token"]?.value == "t7")
        #expect(!ConfigurationText.render(found).contains("s3") && !"\(credentials ?? [:])".contains("s3"))
        do {
            _ = try configuration.resolved { _ in nil }
            Issue.record("it was resolved")
        } catch {
            #expect(
                error.descriptions == [
                    "services.gitea, credential password: variable GITEA_PASSWORD is not there",
                    "services.gitea, credential token: file /etc/fleet/secrets/token is not there",
                ])
        }
    }

    @Test("a test gets at least the configured time")
    func leastTime() throws {
        var options = RunOptions()
        options.configuration.testTimeoutSeconds = 1234
        #expect(try Preparation(options).tests.allSatisfy { $0.timeout == 1234 })
        options.configuration.testTimeoutSeconds = 1
        #expect(try Preparation(options).tests.allSatisfy { $0.timeout > 1 })
    }
}
