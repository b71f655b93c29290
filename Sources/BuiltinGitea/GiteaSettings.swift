import PlatformService

/// What the settings file of the Gitea service may hold.
public struct GiteaSettings: Decodable, Sendable {
    /// The first administrator's name; made at the first start.
    public let adminUsername: String
    /// His password; changed at each start to what the file says.
    public let adminPassword: String
    /// His mail address.
    public let adminEmail: String
    /// The base URL in links and clone addresses, without a final slash; nil: where the caller reached us.
    public let rootURL: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case adminUsername = "admin_username"
        case adminPassword = "admin_password"
        case adminEmail = "admin_email"
        case rootURL = "root_url"
    }

    /// Reads the settings; throws for an unknown or a missing member.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        adminUsername = try container.decode(String.self, forKey: .adminUsername)
        adminPassword = try container.decode(String.self, forKey: .adminPassword)
        adminEmail = try container.decodeIfPresent(String.self, forKey: .adminEmail) ?? "\(adminUsername)@localhost"
        rootURL = try container.decodeIfPresent(String.self, forKey: .rootURL)
    }
}
