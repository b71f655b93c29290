import FleetModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the holder of an environment tells its keeper, one JSON line each on the keeper's standard input.
enum KeeperOrder: Sendable, Codable {
    /// The first line: bring this up.
    case up(plan: EnvironmentPlan, driver: Driver)
    /// Add what a higher mode has; answered by `ready` or `failed`.
    case climb(to: Mode)
    /// End a service and start it again with its data; answered by `ready` or `failed`.
    case restart(service: String)
    /// Take everything down and end; the end of the input means the same.
    case down
}

/// What a keeper answers, one JSON line each on its standard output.
enum KeeperEvent: Sendable, Codable {
    /// Everything is ready.
    case ready(Ready)
    /// It could not be brought up, or changed; all is taken down.
    case failed(EnvironmentFailure)
    /// The change cannot be, and nothing was touched.
    case refused(EnvironmentFailure)
    /// A service ended that had been ready; the others still run.
    case died(EnvironmentFailure)
    /// All is taken down; what could not be removed.
    case down(leftovers: [String])

    /// What a running environment consists of.
    struct Ready: Sendable, Codable {
        var endpoints: Endpoints
        var services: [ServiceInfo]
        var secrets: [String: [String: String]]
    }
}

/// Lines of JSON between keeper and holder: the same program on both ends, so the format is our own affair.
enum KeeperCoding {
    static func encode(_ message: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(message) else { return [] }
        return Array(data)
    }

    static func decode<Message: Decodable>(_ type: Message.Type, from line: [UInt8]) -> Message? {
        try? JSONDecoder().decode(type, from: Data(line))
    }
}
