/// The part of a service's settings that says who may enter.
public struct SecuritySettings: Sendable, Decodable {
    /// Base URL of the control center, whose tokens are taken.
    public let controlCenter: String
    /// Requests that an address may send in `rateSeconds`; default 6000.
    public let rateLimit: Int
    /// Length of the sliding window in seconds; default 60.
    public let rateSeconds: Double
    /// Addresses that the rate limit leaves alone; default none.
    public let exempt: [AddressRange]
    /// Addresses from which production may be touched; default loopback and the private ranges.
    public let corporateNetworks: [AddressRange]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case controlCenter = "control_center"
        case rateLimit = "rate_limit"
        case rateSeconds = "rate_seconds"
        case exempt = "rate_exempt"
        case corporateNetworks = "corporate_networks"
    }

    /// Reads the section `security`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        controlCenter = try container.decode(String.self, forKey: .controlCenter)
        rateLimit = try container.decodeIfPresent(Int.self, forKey: .rateLimit) ?? 6000
        rateSeconds = try container.decodeIfPresent(Double.self, forKey: .rateSeconds) ?? 60
        exempt = try container.decodeIfPresent([AddressRange].self, forKey: .exempt) ?? []
        corporateNetworks =
            try container.decodeIfPresent([AddressRange].self, forKey: .corporateNetworks)
            ?? AddressRange.privateNetworks
    }

    /// The limiter that these settings describe.
    public var limiter: RateLimiter { RateLimiter(limit: rateLimit, seconds: rateSeconds, exempt: exempt) }
    /// The policy that these settings describe.
    public var policy: Policy { Policy(corporateNetworks: corporateNetworks) }

    /// The gate that these settings describe, with the verifier that asks the control center at its paths.
    public func gate(_ verifier: TokenVerifier, lookup: @escaping SecurityGate.Lookup = { _, _ in nil }) -> SecurityGate
    {
        SecurityGate(
            limiter: limiter, policy: policy, authentication: { try await verifier.principal(of: $0) }, lookup: lookup)
    }
}
