import PlatformService

/// The part of the orchestrator's settings that is about secrets.
public struct SecretSettings: Sendable, Decodable {
    /// Takes the place of the documented shortest life, in seconds.
    var shortest: Int?
    /// Seconds between two clean-ups; 300 is documented.
    var cleanUpSeconds = 300
    /// OpenBao's base URL and a token that may make tokens, for secrets of the type `vault`.
    var openBao: String?
    var openBaoToken: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case shortest = "shortest_ttl"
        case cleanUpSeconds = "cleanup_seconds"
        case openBao = "openbao"
        case openBaoToken = "openbao_token"
    }

    /// What is documented, and no OpenBao.
    public init() {}

    /// Reads the section `secrets`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        shortest = try container.decodeIfPresent(Int.self, forKey: .shortest)
        cleanUpSeconds = max(1, try container.decodeIfPresent(Int.self, forKey: .cleanUpSeconds) ?? cleanUpSeconds)
        openBao = try container.decodeIfPresent(String.self, forKey: .openBao)
        openBaoToken = try container.decodeIfPresent(String.self, forKey: .openBaoToken)
    }

    /// Where secrets come from.
    var source: SecretSource {
        SecretSource(
            openBao: openBao.map { ServiceClient($0, headers: [("X-Vault-Token", openBaoToken ?? "")]) })
    }
}
