import InterfaceProfile
import Logging
import PlatformService

/// Who may change something through the registry, and the record of it.
struct RegistryAccess: Sendable {
    /// What the routes that change something stand behind.
    let chain: SecurityChain
    /// What sends the record elsewhere, nil when it stays here.
    let shipper: AuditShipper?

    /// The access that the settings describe, nil when they name no control center.
    init?(_ settings: RegistrySettings, directory: String, logger: Logger) async throws {
        guard let security = settings.security else { return nil }
        let center = InterfaceProfile.standard.controlCenter
        let verifier = TokenVerifier(
            controlCenter: security.controlCenter, keysPath: center.keys, revocationsPath: center.revocations)
        let audit = try AuditLog(directory: directory, service: "extension-registry")
        shipper = try await settings.audit.shipper(
            of: audit, key: try SecretKeyFile.ensure("\(directory)/pseudonyms.key"), cursor: "\(directory)/shipped",
            logger: logger)
        let paths = InterfaceProfile.standard.extensionRegistry
        chain = SecurityChain(
            gate: SecurityGate(
                limiter: security.limiter, policy: security.policy,
                authentication: { try await verifier.principal(of: $0) }),
            map: AccessMap(
                probes: [], kinds: [(paths.extensions, .extension), (paths.clearCache, .extension)],
                verbs: ["clear": .update], archives: ["extensions"]),
            audit: audit)
    }
}
