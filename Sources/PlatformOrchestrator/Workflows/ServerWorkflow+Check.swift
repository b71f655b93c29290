import FleetSystem
import PlatformService

extension ServerWorkflow {
    /// Checks that every server of the order runs, lets us in unless it is simulated, and has its address in the DNS
    /// where the platform registers names. Throws at the first one that does not.
    func check(_ order: ServerOrder, output: TaskOutput) async throws {
        for hostname in order.servers {
            try Task.checkCancellation()
            guard let server = await registry.server(hostname) else {
                throw PlatformError(.notFound, "there is no server \(hostname)")
            }
            guard server.status == .running, let address = server.address else {
                throw PlatformError(.failed, "the server \(hostname) is \(server.status.rawValue), not running")
            }
            if !server.simulated {
                let login = try await providers.shell.run("true", on: try providers.of(server).login(to: server))
                guard login.status.isSuccess else {
                    throw PlatformError(.failed, "\(hostname): nobody can log in: \(login.output)")
                }
            }
            guard dns.registersItself else {
                await output.add("\(hostname): runs on \(address); the settings leave its name to others")
                continue
            }
            let found = try await dns.client.addresses(of: dns.client.name(of: hostname))
            guard found == [address] else {
                let seen = found.map(\.description).joined(separator: ", ")
                throw PlatformError(
                    .failed, "\(server.dnsName) is \(seen.isEmpty ? "nothing" : seen) in the DNS, not \(address)")
            }
            await output.add("\(hostname): runs on \(address), says the DNS server too")
        }
    }
}
