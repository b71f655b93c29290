import FleetHTTP
import InterfaceProfile

extension OrchestratorClient {
    /// The DNS records that the orchestrator says it registered.
    public func dnsRecords() async throws -> [ListedRecord] {
        let answer = try await call(.get, profile.paths.dnsRecords)
        return try answer.elements(try answer.payload()).map { try ListedRecord($0, answer) }
    }

    /// Registers a record beside those of servers and clusters.
    ///
    /// - Parameters:
    ///   - name: one label, or the full name.
    ///   - type: A, AAAA, CNAME or TXT.
    ///   - value: an address, another name or a text.
    ///   - ttl: seconds; nil leaves it to the platform.
    public func registerRecord(_ name: String, _ type: DNSType, _ value: String, ttl: Int? = nil) async throws {
        let names = profile.fields.record
        var body: [String: JSONValue] = [
            names.name: .string(name), names.type: .string(type.description), names.value: .string(value),
        ]
        if let ttl { body[names.ttl] = .integer(ttl) }
        _ = try await call(.post, profile.paths.dnsRecords, body: .object(body)).payload()
    }

    /// Removes the records that somebody registered under a name; false when there are none.
    @discardableResult
    public func removeRecords(of name: String) async throws -> Bool {
        try await absentWhen404 {
            _ = try await call(.delete, filledPath(profile.paths.dnsRecord, name), missing: .noObject).payload()
            return true
        } ?? false
    }

    /// Submits another address for servers.
    ///
    /// - Parameter address: an address, or `auto` for any other than now.
    /// - Returns: the id of the task.
    public func changeAddress(of names: [String], to address: String) async throws -> String {
        let fields = profile.fields.submission
        return try await submit(
            profile.paths.updateServers,
            [fields.servers: .array(names.map(JSONValue.string)), fields.address: .string(address)])
    }
}
