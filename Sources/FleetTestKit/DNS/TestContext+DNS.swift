extension TestContext {
    /// Passes when a name has exactly these addresses over UDP and TCP; what was registered may take a moment to arrive.
    public func expectAddresses(
        _ addresses: [String], of name: String, within limit: Duration = .seconds(10), filePath: String = #filePath,
        line: Int = #line
    ) async throws {
        let dns = try self.dns
        for transport in DNSClient.Transport.allCases {
            try await eventually(
                "\(name) has the addresses \(addresses) over \(transport.rawValue)", within: limit, filePath: filePath,
                line: line
            ) {
                let found = try await dns.values(name, .a, over: transport)
                try expectEqual(
                    found.sorted(), addresses.sorted(), "the addresses of \(name) over \(transport.rawValue)",
                    filePath: filePath, line: line)
            }
        }
    }

    /// The serial number of the zone.
    public func zoneSerial(filePath: String = #filePath, line: Int = #line) async throws -> UInt32 {
        let answers = try await dns.query(try zone, .soa).answers
        for answer in answers {
            if case .start(_, _, let serial) = answer.value { return serial }
        }
        return try require(nil, "the SOA of the zone", filePath: filePath, line: line)
    }

    /// Registers a record in the environment's zone through the orchestrator; it is removed after the test.
    ///
    /// - Parameters:
    ///   - stem: what the name begins with.
    ///   - value: an address, another name or a text.
    ///   - ttl: seconds; nil leaves it to the platform.
    /// - Returns: the full name.
    public func makeRecord(_ stem: String, _ type: DNSType, _ value: String, ttl: Int? = nil) async throws -> String {
        let platform = try await platform
        let name = "\(unique(stem)).\(try zone)"
        await cleanup("remove the records of \(name)") { try await platform.removeRecords(of: name) }
        try await platform.registerRecord(name, type, value, ttl: ttl)
        return name
    }
}
