public import Crypto
public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The part of a service's settings that says where its audit events go beside its own files.
public struct AuditSettings: Sendable, Decodable {
    let elasticsearch: String?
    let username: String?
    let password: String?
    let index: String
    let anonymise: Bool

    enum CodingKeys: String, CodingKey, CaseIterable { case elasticsearch, username, password, index, anonymise }

    /// Nothing leaves the service.
    public init() {
        (elasticsearch, username, password) = (nil, nil, nil)
        (index, anonymise) = ("provisioning-audit", false)
    }

    /// Reads the section `audit`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        elasticsearch = try container.decodeIfPresent(String.self, forKey: .elasticsearch)
        username = try container.decodeIfPresent(String.self, forKey: .username)
        password = try container.decodeIfPresent(String.self, forKey: .password)
        index = try container.decodeIfPresent(String.self, forKey: .index) ?? "provisioning-audit"
        anonymise = try container.decodeIfPresent(Bool.self, forKey: .anonymise) ?? false
    }

    /// The client of the Elasticsearch that the settings name, if they do.
    private var client: ServiceClient? {
        elasticsearch.map { url in
            let login = username.map { Data("\($0):\(password ?? "")".utf8).base64EncodedString() }
            return ServiceClient(url, headers: login.map { [("Authorization", "Basic \($0)")] } ?? [])
        }
    }

    /// The shipper that these settings describe; nil when events stay here.
    public func shipper(of log: AuditLog, key: SymmetricKey, cursor: String, logger: Logger) async throws
        -> AuditShipper?
    {
        guard let client else { return nil }
        return try await AuditShipper(
            log: log, client: client, index: index, pseudonyms: anonymise ? key : nil, cursor: cursor, logger: logger)
    }
}
