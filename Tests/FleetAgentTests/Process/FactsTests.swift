import FleetEnvironments
import FleetModel
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("What state an environment has", .serialized)
struct FactsTests {
    /// Where `make packages` puts programs that are not Debian's.
    private static let tools = "/\(#filePath.split(separator: "/").dropLast(4).joined(separator: "/"))/.build-tools/bin"
    private static let canRun: Bool = {
        let directory = TestAgent.program.dropLast("/agent".count)
        let shortages = HostCapabilities.shortages(bundle: String(directory), programs: tools)
        return shortages.last?.missing.isEmpty == true
    }()

    /// Brings an environment of the highest mode up and takes it down again.
    private func with(_ driver: Driver, _ body: (any EnvironmentHolder) async throws -> Void) async throws {
        let directory = "/tmp/fleet-facts-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try PrivateDirectory.ensure(directory)
        defer { _ = DirectoryTree.remove(directory) }
        var configuration = TestConfiguration()
        configuration.platformPrograms = Self.tools
        let maker = ServiceEnvironmentMaker(
            agent: TestAgent.program, driver: driver, keptPaths: [directory], configuration: configuration)
        let holder = try await maker.bringUp(
            EnvironmentRequest(mode: .enterprise), name: "facts-test-\(getpid())", directory: "\(directory)/e")
        do {
            try await body(holder)
        } catch {
            _ = await holder.takeDown()
            throw error
        }
        #expect(await holder.takeDown() == [])
    }

    private func credential(_ holder: any EnvironmentHolder, _ service: String, _ name: String) throws -> String {
        try #require(holder.credentials[service]?[name])
    }

    /// A program that loses its parent inside of the environment.
    private func stray(in holder: any EnvironmentHolder) async throws {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: "/bin/sh", arguments: ["-c", "sleep 3143 & exit 0"],
                environment: ["PATH": ProgramSearch.standardPath], namespaces: holder.namespaces))
        #expect(await child.exit(within: .seconds(10)) == .exited(0))
    }

    @Test(
        "tables, secrets, accounts, users and processes count, and so does what a list has after its first page",
        .enabled(if: Self.canRun, "the services of the mode enterprise are needed (make packages)"))
    func everything() async throws {
        try await with(.namespace) { holder in
            let before = try #require(try await holder.look())
            #expect(!before.facts.contains { $0.contains("cannot be seen") }, "\(before.facts)")
            #expect(before.facts.contains { $0.hasPrefix("process ") && $0.contains("knotd") })
            let logins = try await inNamespaces(of: holder, Self.sessions)
            #expect(try await holder.look() == before, "looking changes nothing")
            // A login costs the control center more than all lists together.
            #expect(try await inNamespaces(of: holder, Self.sessions) == logins)
            try await stray(in: holder)
            _ = try await inNamespaces(of: holder, Self.changes)
            let now = try #require(try await holder.look())
            let new = Set(now.facts).subtracting(before.facts)
            for fact in [
                "OpenBao secret folder/spare", "role spare", "table control_center.public.spare", "Gitea user spare",
                "Harbor user spare", "Grafana user spare", "service account spare", "process sleep 3143",
            ] {
                #expect(new.contains(fact), "\(fact) in \(new.sorted())")
            }
            #expect(new.filter { $0.hasPrefix("Gitea repository") }.count == 60)
            #expect(Set(before.facts).subtracting(now.facts) == [])
        }
    }

    /// What is done to the environment, with the tools of the host.
    private static let changes = """
        set -e
        post() { curl -sSf -o /dev/null -H 'Content-Type: application/json' "$@"; }
        psql -q -h "$DATABASE" -p "$DATABASE_PORT" -U postgres control_center \\
            -c 'create table spare (number integer)' -c 'create role spare'
        post -X POST -H "X-Vault-Token: $VAULT_TOKEN" -d '{"data":{"key":"value"}}' \\
            "$VAULT/v1/secret/data/folder/spare"
        token=$(curl -sSf -H 'Content-Type: application/json' -d "{\\"username\\":\\"$CENTER_USER\\",\\"password\\":\\
        \\"$CENTER_PASSWORD\\"}" "$CENTER/auth/login" | sed 's/.*"token": *"\\([^"]*\\)".*/\\1/')
        post -X POST -H "Authorization: Bearer $token" -d '{"name":"spare","roles":["viewer"]}' \\
            "$CENTER/api/v1/service-accounts"
        post -u "$GITEA_LOGIN" -d '{"username":"spare","email":"spare@example.org","password":"Spare-12345"}' \\
            "$GITEA/api/v1/admin/users"
        for number in $(seq 60); do
            post -u "$GITEA_LOGIN" -d "{\\"name\\":\\"spare-$number\\"}" "$GITEA/api/v1/user/repos"
        done
        post -u "$HARBOR_LOGIN" -d '{"username":"spare","email":"spare@example.org","realname":"Spare",
            "password":"Spare-12345"}' "$HARBOR/api/v2.0/users"
        post -u "$GRAFANA_LOGIN" -d '{"login":"spare","password":"Spare-12345"}' "$GRAFANA/api/admin/users"
        """

    private static let sessions = "curl -sSf $CENTER/metrics | grep '^[a-z_]*sessions'"

    /// Runs a program inside, and returns what it prints.
    private func inNamespaces(of holder: any EnvironmentHolder, _ shell: String) async throws -> String {
        func url(_ service: String) throws -> String { try #require(holder.endpoints[service, "url"]) }
        func login(_ service: String) throws -> String {
            "\(try credential(holder, service, "username")):\(try credential(holder, service, "password"))"
        }
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: "/bin/bash", arguments: ["-c", shell],
                environment: [
                    "PATH": ProgramSearch.standardPath,
                    "DATABASE": try #require(holder.endpoints["postgresql", "address"]),
                    "DATABASE_PORT": try #require(holder.endpoints["postgresql", "port"]),
                    "PGPASSWORD": try credential(holder, "postgresql", "password"),
                    "VAULT": try url("openbao"), "VAULT_TOKEN": try credential(holder, "openbao", "token"),
                    "CENTER": try url("control-center"),
                    "CENTER_USER": try credential(holder, "control-center", "username"),
                    "CENTER_PASSWORD": try credential(holder, "control-center", "password"),
                    "GITEA": try url("gitea"), "GITEA_LOGIN": try login("gitea"),
                    "HARBOR": try url("harbor"), "HARBOR_LOGIN": try login("harbor"),
                    "GRAFANA": try url("grafana"), "GRAFANA_LOGIN": try login("grafana"),
                ], standardOutput: .pipe, standardError: .output, namespaces: holder.namespaces))
        let output = BoundedCapture()
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        let status = await child.exit(within: .seconds(60))
        _ = await output.finished(within: .seconds(2))
        #expect(status == .exited(0), "\(output.output.headText)")
        return output.output.headText
    }
}
