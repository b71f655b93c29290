import InterfaceProfile

/// A user that a test made for itself.
public struct TestUser: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let name: String
    let password: String

    /// The name alone.
    public var description: String { name }
}

extension TestContext {
    /// Requests to a service, as somebody who has logged in, or as nobody.
    public func web(_ service: String, as session: Session? = nil) throws -> WebClient {
        WebClient(base: try endpoint(service, "url"), log: log, authorization: session?.authorization)
    }

    /// A credential of the environment.
    ///
    /// - Throws: `AssertionFailure` when the environment does not have it.
    public func credential(
        _ service: String, _ name: String, filePath: String = #filePath, line: Int = #line
    ) throws -> String {
        try require(
            invocation.credentials[service]?[name], "the credential \(name) of \(service)", filePath: filePath,
            line: line)
    }

    /// The control center, as somebody who has logged in, or as nobody.
    public func controlCenter(as session: Session? = nil) throws -> ControlCenterClient {
        ControlCenterClient(web: try web("control-center", as: session), profile: profile)
    }

    /// The orchestrator, as somebody who has logged in.
    public func orchestrator(as session: Session) throws -> OrchestratorClient {
        OrchestratorClient(web: try web("orchestrator", as: session), profile: profile)
    }

    /// Logs in one of the users that every environment has: admin, operator, developer, viewer, auditor, or the
    /// service account `automation`. None of the users has a second factor.
    public func login(_ name: String) async throws -> Session {
        try await controlCenter().login(name, try credential("control-center", "\(name)-password"))
    }

    /// Logs in a user that the test made.
    ///
    /// - Parameter code: the six digits of his second factor, when he has one.
    public func login(_ user: TestUser, code: String? = nil) async throws -> Session {
        try await controlCenter().login(user.name, user.password, code: code)
    }

    /// Makes a user of the test's own, who is removed after it.
    ///
    /// - Parameters:
    ///   - roles: for example `developer`.
    ///   - remover: an administrator with a second factor, as `administrator` makes them.
    ///   - workspace: the one workspace that he may enter; nil for all that his roles allow.
    public func makeUser(
        _ stem: String, roles: [String], workspace: String? = nil, remover: Session
    ) async throws -> TestUser {
        let user = TestUser(name: unique(stem), password: "\(UInt64.random(in: 1 ... .max))-\(unique("p"))")
        let center = try controlCenter(as: remover)
        await cleanup("remove user \(user.name)") { try await center.removeUser(user.name) }
        try await center.createUser(user.name, password: user.password, roles: roles, workspace: workspace)
        return user
    }

    /// An administrator of the test's own who has shown a second factor, and so may delete; he is removed after the
    /// test, the last of all.
    public func administrator() async throws -> Session {
        let user = TestUser(name: unique("root"), password: "\(UInt64.random(in: 1 ... .max))-\(unique("p"))")
        let center = try controlCenter(as: try await login("admin"))
        try await center.createUser(
            user.name, password: user.password, roles: [profile.spellings.administrator])
        let session = try await addSecondFactor(to: user).session
        let own = try controlCenter(as: session)
        await cleanup("remove user \(user.name)") { try await own.removeUser(user.name) }
        return session
    }

    /// Gives a user of the test's own a second factor, and logs him in with it.
    ///
    /// - Returns: the login, and the code that it used up.
    public func addSecondFactor(to user: TestUser) async throws -> (session: Session, code: String) {
        let code = try await proveSecondFactor(of: user)
        return (try await controlCenter().login(user.name, user.password, code: code), code)
    }

    /// Gives a user of the test's own a second factor.
    ///
    /// - Returns: a code that still is good for a login.
    public func proveSecondFactor(of user: TestUser) async throws -> String {
        let center = try controlCenter(as: try await login(user))
        let factor = try await center.enrol()
        // Each code counts once: that of now proves the secret, the next one logs in. Both hold for half a minute at least,
        // whenever the step of now ends.
        let step = OneTimePassword.presentStep
        try await center.verify(factor.code(of: step))
        return factor.code(of: step + 1)
    }
}
