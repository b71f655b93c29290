import PlatformService

/// The part of a service's settings that says where its database is.
public struct PostgresSettings: Sendable, Decodable {
    let host: String
    let port: Int
    let user: String
    let password: String
    let database: String

    enum CodingKeys: String, CodingKey, CaseIterable { case host, port, user, password, database }

    /// Reads the section `database`: `host` (or the directory of a Unix socket) and `user` are required.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        host = try container.decode(String.self, forKey: .host)
        port = try container.decodeIfPresent(Int.self, forKey: .port) ?? 5432
        user = try container.decode(String.self, forKey: .user)
        password = try container.decodeIfPresent(String.self, forKey: .password) ?? ""
        database = try container.decodeIfPresent(String.self, forKey: .database) ?? user
    }
}
