import InterfaceProfile
public import Logging
public import PlatformService

/// The KMS service: encryption and SSH keys, over OpenBao.
public enum KMS {
    /// Runs until SIGTERM or SIGINT. `listening` is called with the port as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when OpenBao cannot be used or the directory is taken.
    public static func run(
        _ settings: KMSSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "kms")
        defer { directory.release() }
        let bao = OpenBaoClient(settings)
        try await bao.ensureKey()
        let place = try directory.directory("audit")
        let audit = try AuditLog(directory: place, service: "kms")
        let pseudonyms = try SecretKeyFile.ensure("\(place)/pseudonyms.key")
        let shipper = try await settings.audit.shipper(
            of: audit, key: pseudonyms, cursor: "\(place)/shipped", logger: logger)
        let center = InterfaceProfile.standard.controlCenter
        let verifier = TokenVerifier(
            controlCenter: settings.security.controlCenter, keysPath: center.keys, revocationsPath: center.revocations)
        let routes = Routes(
            bao: bao, gate: settings.security.gate(verifier), verifier: verifier, audit: audit,
            pseudonyms: pseudonyms, started: .now())
        try await AuditShipper.running(shipper) {
            try await ServiceProgram.run(
                router: routes.router(), listen: listen, logger: logger, listening: listening)
        }
    }
}
