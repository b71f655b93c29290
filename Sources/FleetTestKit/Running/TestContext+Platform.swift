import FleetModel

extension TestContext {
    /// Whether the platform of the environment asks who comes; in solo mode it does not.
    public var hasLogins: Bool { invocation.endpoints["control-center", "url"] != nil }

    /// The orchestrator, asked by somebody who may change everything but users and rights: in solo mode nobody in
    /// particular, else the service account of the environment, which deletes without a second factor.
    ///
    /// What a test uses that is not about who may do what; so it runs in every mode.
    public var platform: OrchestratorClient {
        get async throws {
            guard let session = try await platformSession else { return try orchestrator }
            return try orchestrator(as: session)
        }
    }

    /// Who asks when `platform` asks; nil in solo mode.
    public var platformSession: Session? {
        get async throws { hasLogins ? try await automation.session(self) : nil }
    }

    /// Whether a service runs on the machine that the test runs on: then its files can be looked at, and it can call the test
    /// back. An environment of somebody else's says so by the property `host` of the service, which is `this`.
    public func isHere(_ service: String) -> Bool {
        switch invocation.endpoints["environment", "driver"].flatMap(Driver.init(rawValue:)) {
        case .process, .namespace: true
        case .container, .external, nil: invocation.endpoints[service, "host"] == "this"
        }
    }

    /// Creates servers with names of their own, waits until they run, and removes them after the test.
    ///
    /// - Parameters:
    ///   - stems: what the names begin with.
    ///   - identity: whose key may log in; nil for nobody.
    /// - Returns: the servers as the orchestrator describes them, in the order of the stems.
    public func makeServers(
        _ stems: [String], identity: SSHIdentity? = nil, within limit: Duration = .seconds(60),
        filePath: String = #filePath, line: Int = #line
    ) async throws -> [ServerInfo] {
        let platform = try await platform
        let names = stems.map(unique)
        for name in names { await cleanup("delete server \(name)") { try await platform.removeServer(name) } }
        let id = try await platform.createServers(names, authorizedKeys: identity.map { [$0.publicKey] } ?? [])
        try await platform.completed(id, within: limit, filePath: filePath, line: line)
        var servers: [ServerInfo] = []
        for name in names {
            let server = try require(
                try await platform.server(name), "the server \(name) in the orchestrator's list", filePath: filePath,
                line: line)
            servers.append(server)
        }
        return servers
    }

    /// Creates one server as `makeServers` does.
    public func makeServer(
        _ stem: String, identity: SSHIdentity? = nil, filePath: String = #filePath, line: Int = #line
    ) async throws -> ServerInfo {
        let servers = try await makeServers([stem], identity: identity, filePath: filePath, line: line)
        return try require(servers.first, "the server", filePath: filePath, line: line)
    }

    /// Creates a workspace with a name of its own, which is removed after the test.
    public func makeWorkspace(_ stem: String) async throws -> WorkspaceInfo {
        let platform = try await platform
        let name = unique(stem)
        await cleanup("delete workspace \(name)") { try await platform.deleteWorkspace(name) }
        return try await platform.createWorkspace(name)
    }
}

/// Logs the attempt's service account in once, whoever asks first.
actor AutomationDesk {
    private var task: Task<Session, any Error>?

    func session(_ context: TestContext) async throws -> Session {
        // Awaited right here by everybody who asks; it is bounded by the time-out of its request.
        let running = task ?? Task { try await context.login("automation") }
        task = running
        return try await running.value
    }
}
