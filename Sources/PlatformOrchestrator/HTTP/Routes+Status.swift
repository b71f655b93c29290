import Hummingbird
import InterfaceProfile
import PlatformExtensions
import PlatformService

extension Routes {
    /// Health, readiness, metrics, and who the caller is.
    func addStatus(to router: Router<Context>) {
        router.get(path(paths.health)) { _, _ in
            try Answer.data(InterfaceProfile.standard.spellings.healthy)
        }
        router.get(path(paths.ready)) { _, _ in try await readiness() }
        router.get(path(paths.metrics)) { _, _ in await MetricsPage.make(services).response }
        router.get(path(paths.identity)) { _, context in try Answer.data(try identity(of: context)) }
    }

    /// Hummingbird writes placeholders of a path as we do.
    func path(_ template: String) -> RouterPath { RouterPath(template) }

    private func identity(of context: Context) throws -> Identity {
        let caller = try context.caller()
        return Identity(
            username: caller.name, roles: caller.roles.map(\.rawValue).sorted(),
            permissions: services.guard.policy.permissions(of: caller.roles),
            authentication: services.guard.verifier == nil ? "none" : "bearer")
    }

    private func readiness() async throws -> Response {
        async let dns = problem { try await services.dns.client.checkZone() }
        async let login = problem { try await services.guard.verifier?.checkHealth() }
        let own = [await services.engine.storeProblem, await services.dns.problem]
        let problems = (await [dns, login] + own).compactMap { $0 } + (try await services.loader.problems())
        guard problems.isEmpty else {
            throw PlatformError(.unavailable, problems.joined(separator: "; "))
        }
        return try Answer.data(["status": "ready", "dns": "ok", "registry": "ok"])
    }

    private func problem(_ check: @Sendable () async throws -> Void) async -> String? {
        do { try await check() } catch { return words(of: error) }
        return nil
    }
}

/// Who asks, as the interface says it.
private struct Identity: Encodable, Sendable {
    let username: String
    let roles: [String]
    let permissions: [String]
    let authentication: String
}
