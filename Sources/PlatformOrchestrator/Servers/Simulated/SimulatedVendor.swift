import PlatformService

/// What the inventory of a simulated vendor looks like from outside: its ids, and what can be ordered.
struct SimulatedVendor: Sendable {
    let name: String
    let zones: [String]
    let plans: [String]
    let network: IPv4Network
    /// An id in the vendor's form, from sixteen random bytes.
    let id: @Sendable ([UInt8]) -> String

    /// Amazon's zones and plans, as far as we need them. Addresses are of 198.18.0.0/15, which RFC 2544 keeps for tests:
    /// nothing ever answers there.
    static func aws() throws -> SimulatedVendor {
        SimulatedVendor(
            name: "aws", zones: ["eu-central-1a", "eu-central-1b", "eu-west-1a", "us-east-1a", "us-east-1b"],
            plans: ["t3.micro", "t3.small", "t3.medium", "m5.large", "m5.xlarge"],
            network: try IPv4Network("198.18.0.0/16")
        ) { bytes in "i-0\(hexadecimal(bytes).prefix(16))" }
    }

    /// UpCloud's zones and plans, as far as we need them.
    static func upcloud() throws -> SimulatedVendor {
        SimulatedVendor(
            name: "upcloud", zones: ["de-fra1", "fi-hel1", "nl-ams1", "uk-lon1", "us-nyc1"],
            plans: ["1xCPU-1GB", "1xCPU-2GB", "2xCPU-4GB", "4xCPU-8GB", "6xCPU-16GB"],
            network: try IPv4Network("198.19.0.0/16")
        ) { bytes in
            // A UUID that begins with 00, as theirs do.
            var text = Array("00\(hexadecimal(bytes).dropFirst(2))")
            for position in [20, 16, 12, 8] { text.insert("-", at: position) }
            return String(text)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }
}

/// How a simulated vendor behaves: knobs for tests. Left out, it is quick and does not fail.
public struct SimulationSettings: Sendable, Decodable {
    /// Seconds from an order to a server that runs.
    public var latency = 0.05
    /// Seconds in which a new state is not yet shown: the vendor's view is consistent eventually.
    public var lag = 0.0
    /// The share of creations that fail, 0 to 1; which ones depends on `seed` alone.
    public var failureRate = 0.0
    /// Names of servers whose creation fails always.
    public var failingNames: [String] = []
    /// Servers that one zone can hold.
    public var capacity = 500
    /// Begins the sequence of failures.
    public var seed: UInt64 = 1

    enum CodingKeys: String, CodingKey, CaseIterable {
        case latency = "latency_seconds"
        case lag = "lag_seconds"
        case failureRate = "failure_rate"
        case failingNames = "failing_names"
        case capacity, seed
    }

    /// The defaults.
    public init() {}

    /// Reads the members; those left out have their defaults. Throws when a number makes no sense.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        latency = try container.decodeIfPresent(Double.self, forKey: .latency) ?? latency
        lag = try container.decodeIfPresent(Double.self, forKey: .lag) ?? lag
        failureRate = try container.decodeIfPresent(Double.self, forKey: .failureRate) ?? failureRate
        failingNames = try container.decodeIfPresent([String].self, forKey: .failingNames) ?? failingNames
        capacity = try container.decodeIfPresent(Int.self, forKey: .capacity) ?? capacity
        seed = try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        guard (0...60).contains(latency), (0...60).contains(lag), (0...1).contains(failureRate), capacity > 0 else {
            throw PlatformError(
                .invalid,
                "settings: providers: latency_seconds and lag_seconds are 0 to 60, failure_rate 0 to 1, "
                    + "capacity at least 1")
        }
    }
}
