import BuiltinSupport
import Crypto
import FleetSystem
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The parts of the service that all routes share.
final class Harbor: Sendable {
    static let version = "v2.11.0"
    let settings: HarborSettings
    let state: StateFile<HarborState>
    let passwords = PasswordCache()
    let tokens: TokenService
    let audit: AuditTrail

    init(settings: HarborSettings, directory: String) throws {
        self.settings = settings
        let key = P256.Signing.PrivateKey().rawRepresentation.base64EncodedString()
        state = try StateFile("\(directory)/harbor.json", initial: HarborState(signingKey: key))
        tokens = try TokenService(key: state.read { $0.signingKey })
        audit = try AuditTrail("\(directory)/audit.jsonl")
        try ensureAdministrator()
    }

    private func ensureAdministrator() throws {
        let known = state.read { $0.user("admin") }
        if let known, known.password.matches(settings.adminPassword), state.read({ $0.project("library") }) != nil {
            return
        }
        let hash = try PasswordHash(settings.adminPassword)
        try state.update { state in
            let now = Clock.precise()
            var admin =
                known
                ?? User(
                    id: 1, name: "admin", email: "admin@example.com", realName: "system admin", comment: "",
                    isAdmin: true,
                    password: hash, created: now, updated: now)
            admin.password = hash
            state.users[admin.id] = admin
            // The original begins with one public project.
            if known == nil {
                let library = Project(
                    id: state.nextID(), name: "library", owner: admin.id, metadata: ["public": "true"], created: now,
                    updated: now)
                state.projects[library.id] = library
            }
        }
    }

    // MARK: Rows of the table of routes

    /// A route below `/api/v2.0` for who has logged in.
    func route(
        _ line: String, _ handler: @escaping @Sendable (Call, Caller) async throws -> Response
    ) -> Route {
        let parts = line.split(separator: " ").map(String.init)
        return Route("\(parts[0]) /api/v2.0\(parts[1])") { call in
            guard let caller = try self.caller(call) else { throw Refusal(401, "unauthorized", code: "UNAUTHORIZED") }
            return try await handler(call, caller)
        }
    }

    /// A route for system administrators.
    func admin(
        _ line: String, _ handler: @escaping @Sendable (Call, Caller) async throws -> Response
    ) -> Route {
        route(line) { call, caller in
            guard caller.isAdmin else { throw Self.forbidden }
            return try await handler(call, caller)
        }
    }

    static let forbidden = Refusal(403, "permission denied", code: "FORBIDDEN")

    static func notFound(_ what: String) -> Refusal { Refusal(404, "\(what) not found", code: "NOT_FOUND") }

    static func bad(_ message: String) -> Refusal { Refusal(400, message, code: "BAD_REQUEST") }
}
