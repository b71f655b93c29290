import PlatformService

/// What the settings file of the Harbor service may hold.
public struct HarborSettings: Decodable, Sendable {
    /// The password of `admin`; changed at each start to what the file says.
    public let adminPassword: String
    /// Base URL of the docker-registry that keeps the content. Nobody else may reach it: it asks for no password.
    public let registry: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case adminPassword = "admin_password"
        case registry
    }

    /// Reads the settings; throws for an unknown or a missing member.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        adminPassword = try container.decode(String.self, forKey: .adminPassword)
        let url = try container.decode(String.self, forKey: .registry)
        registry = url.hasSuffix("/") ? String(url.dropLast()) : url
        guard registry.hasPrefix("http://") || registry.hasPrefix("https://") else {
            throw PlatformError(.invalid, "settings: registry: \"\(url)\" is no URL of HTTP")
        }
    }
}
