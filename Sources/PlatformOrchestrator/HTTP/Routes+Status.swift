import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Health, readiness, metrics, and who the caller is.
    func addStatus(to router: Router<Context>) {
        router.get(path(paths.health)) { _, _ in
            try Answer.data(InterfaceProfile.standard.spellings.healthy)
        }
        router.get(path(paths.ready)) { _, _ in try await readiness() }
        router.get(path(paths.metrics)) { _, _ in await MetricsPage.make(services).response }
        router.get(path(paths.identity)) { _, _ in try Answer.data(Identity()) }
    }

    /// Hummingbird writes placeholders of a path as we do.
    func path(_ template: String) -> RouterPath { RouterPath(template) }

    private func readiness() async throws -> Response {
        async let dns = problem { try await services.dns.checkZone() }
        async let registry = problem { try await services.client.checkHealth() }
        let problems = await [dns, registry].compactMap { $0 }
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

/// The one user of solo mode, who may do everything without a login.
struct Identity: Encodable, Sendable {
    let username = InterfaceProfile.standard.spellings.administrator
    let roles = [InterfaceProfile.standard.spellings.administrator]
    let permissions = InterfaceProfile.standard.spellings.administratorPermissions
    let authentication = "none"
}
