import FleetModel
import FleetSSH
import Testing

@testable import FleetCoordinator

@Suite("Aliases of the OpenSSH configuration in hosts.txt")
struct HostRoutesTests {
    private func settle(_ hosts: String, config: String) throws -> [HostSpecification] {
        try TemporaryFolder.with { folder in
            let file = try folder.write("config", config)
            let surroundings = SSHConfig.Surroundings(
                home: folder.path, user: "me", variables: [:], userFile: file, systemFile: nil)
            let inventory = try Inventory.parse(hosts, file: "hosts.txt", home: folder.path)
            return try HostRoutes(surroundings: surroundings).settle(inventory.hosts)
        }
    }

    @Test("The first word may be an alias; what the line says wins over the configuration")
    func alias() throws {
        let config = """
            Host fast
                HostName 192.0.2.7
                User builder
                Port 2022
                IdentityFile /keys/fast
            Host fast slow
                ProxyJump gate
            """
        let hosts = try settle("fast slots=2\nroot@fast:22 identity=/keys/mine\nslow\nlocal\n", config: config)
        let routes = hosts.map(\.route)
        #expect(hosts.map(\.id.name) == ["fast", "root@fast:22", "slow", "local"])
        #expect(routes[0]?.host == "192.0.2.7" && routes[0]?.user == "builder" && routes[0]?.port == 2022)
        #expect(routes[0]?.identityFiles == ["/keys/fast"])
        #expect(routes[1]?.user == "root" && routes[1]?.port == 22 && routes[1]?.identityFiles == ["/keys/mine"])
        #expect(routes[2]?.host == "slow" && routes[2]?.user == "me" && routes[2]?.port == 22)
        guard case .jump(let gate)? = routes[0]?.proxy else {
            Issue.record("fast is behind gate")
            return
        }
        #expect(gate.host == "gate" && gate.proxy == .none)
        #expect(routes[3] == nil)
    }

    @Test("All faults of the configuration come at once, each once, as errors of an input file")
    func faults() throws {
        let config = "Host a\n BindAddress 10.0.0.1\nHost b\n Match\nHost a b\n Usr x\n"
        do {
            _ = try settle("a\nb\nlocal\n", config: config)
            Issue.record("it should have been refused")
        } catch let error as InputErrors {
            #expect(error.errors.map(\.line) == [4, 2, 6])
            #expect(error.errors.allSatisfy { $0.column == 2 && $0.file.hasSuffix("/config") }, "\(error)")
            #expect(error.description.contains("bindaddress is not offered and cannot be passed over for “a”"))
        }
    }

    @Test("Without a host that is reached by SSH the configuration is not even read")
    func localOnly() throws {
        #expect(try settle("local\n", config: "Nonsense\n").count == 1)
    }
}
