import PlatformService

/// What the settings file of the Grafana service may hold.
public struct GrafanaSettings: Decodable, Sendable {
    /// The server administrator's name.
    public let adminUser: String
    /// His password; changed at each start to what the file says.
    public let adminPassword: String
    /// Data sources that are there from the start and that nobody can change through the API.
    public let datasources: [ProvisionedSource]

    /// A data source of the settings.
    public struct ProvisionedSource: Decodable, Sendable {
        let name: String
        let type: String
        let url: String
        let uid: String?
        let isDefault: Bool?

        private enum CodingKeys: String, CodingKey, CaseIterable { case name, type, url, uid, isDefault }

        /// Reads one; throws for an unknown or a missing member.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            type = try container.decode(String.self, forKey: .type)
            url = try container.decode(String.self, forKey: .url)
            uid = try container.decodeIfPresent(String.self, forKey: .uid)
            isDefault = try container.decodeIfPresent(Bool.self, forKey: .isDefault)
        }
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case adminUser = "admin_user"
        case adminPassword = "admin_password"
        case datasources
    }

    /// Reads the settings; throws for an unknown or a missing member.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        adminUser = try container.decodeIfPresent(String.self, forKey: .adminUser) ?? "admin"
        adminPassword = try container.decode(String.self, forKey: .adminPassword)
        datasources = try container.decodeIfPresent([ProvisionedSource].self, forKey: .datasources) ?? []
    }
}
