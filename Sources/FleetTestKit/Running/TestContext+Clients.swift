import FleetModel

extension TestContext {
    /// The value of an endpoint property that the test cannot do without.
    ///
    /// - Throws: `AssertionFailure` when the environment does not have it.
    public func endpoint(
        _ service: String, _ property: String, filePath: String = #filePath, line: Int = #line
    ) throws -> String {
        try endpoint(service, property, at: SourcePlace(filePath: filePath, line: line))
    }

    /// The same for accessors, which have no line of the test: the step around them, or the declaration, has one.
    private func endpoint(_ service: String, _ property: String, at place: SourcePlace? = nil) throws -> String {
        if let value = invocation.endpoints[service, property] { return value }
        let present = invocation.endpoints.services.keys.sorted().joined(separator: ", ")
        throw AssertionFailure(
            Failure(
                message: "the environment has no endpoint \(service).\(property)",
                expected: "a value for \(service).\(property)", actual: "services: \(present)", file: place?.file,
                line: place?.line))
    }

    /// The orchestrator, without any credentials.
    public var orchestrator: OrchestratorClient {
        get throws {
            OrchestratorClient(
                web: WebClient(base: try endpoint("orchestrator", "url", at: nil), log: log), profile: profile)
        }
    }

    /// The OCI registry.
    public var registry: RegistryClient {
        get throws { RegistryClient(web: WebClient(base: try endpoint("registry", "url", at: nil), log: log)) }
    }

    /// The name server of the environment, asked directly.
    public var dns: DNSClient {
        get throws {
            let text = try endpoint("dns", "port", at: nil)
            return DNSClient(
                address: try endpoint("dns", "address", at: nil), port: try require(Int(text), "the port in \(text)"))
        }
    }

    /// The zone that servers are registered in, without its final dot.
    public var zone: String { get throws { try endpoint("dns", "zone", at: nil) } }

    /// A server that the platform made, as its user; see `SSHClient`.
    ///
    /// - Parameters:
    ///   - server: what the orchestrator says of it.
    ///   - identity: the file of the private key.
    /// - Throws: `AssertionFailure` when the orchestrator does not say how to reach it.
    public func ssh(to server: ServerInfo, identity: String) throws -> SSHClient {
        SSHClient(
            host: try require(server.address, "the address of \(server.name)"),
            port: try require(server.sshPort, "the SSH port of \(server.name)"),
            user: try require(server.sshUser, "the SSH user of \(server.name)"), identity: identity,
            hostKey: try require(server.sshHostKey, "the SSH host key of \(server.name)"), directory: scratch,
            log: log)
    }
}
