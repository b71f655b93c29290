import InterfaceProfile
public import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The documented settings of the platform's names: `coredns_url`, `auto_register` and `ttl`.
public struct DNSSettings: Sendable, Decodable {
    /// Where DNS is spoken, from the URL's host and port; nil when the command line says it.
    public var server: ListenAddress?
    /// Whether servers and clusters get names by themselves.
    public var registersItself = true
    /// Seconds that a record may be kept.
    public var ttl = InterfaceProfile.standard.dns.ttl

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ttl
        case server = "coredns_url"
        case registersItself = "auto_register"
    }

    /// What holds without the section.
    public init() {}

    /// Reads the members. Throws when one is unknown or makes no sense.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        server = try container.decodeIfPresent(String.self, forKey: .server).map(Self.server)
        registersItself = try container.decodeIfPresent(Bool.self, forKey: .registersItself) ?? registersItself
        ttl = try container.decodeIfPresent(Int.self, forKey: .ttl) ?? ttl
        guard (1...604_800).contains(ttl) else {
            throw PlatformError(.invalid, "settings: dns: ttl: \(ttl) is no number of seconds up to a week")
        }
    }

    private static func server(_ text: String) throws -> ListenAddress {
        guard let url = URL(string: text), url.scheme == "http", let host = url.host(), ["", "/"].contains(url.path())
        else {
            throw PlatformError(
                .invalid, "settings: dns: coredns_url: \"\(text)\" is no URL like http://localhost:53, without a path")
        }
        return ListenAddress(host: host == "localhost" ? "127.0.0.1" : host, port: url.port ?? 53)
    }
}
