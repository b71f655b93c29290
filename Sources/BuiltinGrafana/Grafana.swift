import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The parts of the service that all routes share.
final class Grafana: Sendable {
    static let version = "11.1.0"
    /// The organisation that everything belongs to.
    static let mainOrganisation = 1

    let state: StateFile<GrafanaState>
    private let passwords = PasswordCache()

    init(settings: GrafanaSettings, directory: String) throws {
        state = try StateFile("\(directory)/grafana.json", initial: GrafanaState())
        try ensureAdministrator(settings)
        try provision(settings.datasources)
    }

    private func ensureAdministrator(_ settings: GrafanaSettings) throws {
        let known = state.read { $0.user(settings.adminUser) }
        if let known, known.isServerAdmin, known.password.matches(settings.adminPassword) { return }
        let hash = try PasswordHash(settings.adminPassword)
        try state.update { state in
            var user =
                state.user(settings.adminUser)
                ?? User(
                    id: state.nextID(), uid: Self.newUID(), login: settings.adminUser, email: "admin@localhost",
                    name: "",
                    password: hash, role: .admin, isServerAdmin: true, created: Clock.now())
            user.password = hash
            user.isServerAdmin = true
            user.role = .admin
            state.users[user.id] = user
        }
    }

    /// The data sources of the settings, and no others of earlier settings.
    private func provision(_ sources: [GrafanaSettings.ProvisionedSource]) throws {
        try state.update { state in
            let names = Set(sources.map(\.name))
            state.datasources = state.datasources.filter { !$0.value.isReadOnly || names.contains($0.value.name) }
            for source in sources {
                let old = state.datasources.values.first { $0.name == source.name }
                var new = DataSource(
                    id: old?.id ?? state.nextID(), uid: source.uid ?? old?.uid ?? Self.newUID(),
                    body: [
                        "name": .string(source.name), "type": .string(source.type), "url": .string(source.url),
                        "access": "proxy", "isDefault": .bool(source.isDefault ?? false),
                    ])
                new.isReadOnly = true
                state.datasources[new.id] = new
            }
        }
    }

    /// A name of 14 characters, as the original makes them.
    static func newUID() -> String { String(Secret.token().prefix(14)) }

    // MARK: Callers

    /// Who asks.
    struct Caller: Sendable {
        let login: String
        let role: Role
        let isServerAdmin: Bool
        /// Nil for a service account.
        let user: User?
    }

    private func caller(_ call: Call) throws -> Caller {
        switch try Credentials(call.header("Authorization")) {
        case nil: throw Refusal(401, "Unauthorized")
        case .token(let token):
            let digest = Secret.digest(token)
            let now = Date().timeIntervalSince1970
            let account = state.read { state in
                state.serviceAccounts.values.first { account in
                    !account.isDisabled
                        && account.tokens.contains { $0.digest == digest && ($0.expiration ?? .infinity) > now }
                }
            }
            guard let account else { throw Refusal(401, "Invalid API key") }
            return Caller(login: account.login, role: account.role, isServerAdmin: false, user: nil)
        case .basic(let name, let password):
            guard let user = state.read({ $0.user(name) }), !user.isDisabled,
                passwords.matches(password, user.password)
            else { throw Refusal(401, "Invalid username or password") }
            return Caller(login: user.login, role: user.role, isServerAdmin: user.isServerAdmin, user: user)
        }
    }

    /// A route for who has at least that role.
    func route(
        _ line: String, _ needed: Role, _ handler: @escaping @Sendable (Call, Caller) async throws -> Response
    ) -> Route {
        Route(line) { call in
            let caller = try self.caller(call)
            guard caller.role >= needed else {
                throw Refusal(403, "You'll need additional permissions to perform this action: \(needed.word)")
            }
            return try await handler(call, caller)
        }
    }

    /// A route for server administrators.
    func serverAdmin(
        _ line: String, _ handler: @escaping @Sendable (Call, Caller) async throws -> Response
    ) -> Route {
        route(line, .none) { call, caller in
            guard caller.isServerAdmin else {
                throw Refusal(403, "You'll need additional permissions to perform this action: server administrator")
            }
            return try await handler(call, caller)
        }
    }
}

extension ServiceAccount {
    /// The name that it acts under.
    var login: String { "sa-\(name.lowercased().replacing(" ", with: "-"))" }
}

extension Reply {
    /// An answer that says that it went well.
    static func message(_ text: String, _ more: [String: JSON] = [:]) -> Response {
        json(.object(more.merging(["message": .string(text)]) { $1 }))
    }
}
