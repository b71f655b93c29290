import PlatformService

/// What the settings file of the Elasticsearch service may hold.
public struct ElasticsearchSettings: Decodable, Sendable {
    /// The name of who may ask; nil: everybody may.
    public let username: String?
    /// His password.
    public let password: String?
    /// The cluster's name.
    public let clusterName: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case username, password
        case clusterName = "cluster_name"
    }

    /// Reads the settings; throws for an unknown member, and for a name without password or the reverse.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        username = try container.decodeIfPresent(String.self, forKey: .username)
        password = try container.decodeIfPresent(String.self, forKey: .password)
        clusterName = try container.decodeIfPresent(String.self, forKey: .clusterName) ?? "elasticsearch"
        guard (username == nil) == (password == nil) else {
            throw PlatformError(.invalid, "settings: username and password are given together or not at all")
        }
    }
}
