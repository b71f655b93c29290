import PlatformService

/// Knobs that make the orchestrator wrong on purpose, so that a test can show that it notices. Without them nothing is.
public struct FaultSettings: Sendable, Decodable, Hashable {
    /// Every so many submissions are answered with an id and forgotten; 0 for none.
    public var dropTasksEvery = 0
    /// Every so many changes of the zone are taken for done and never sent; 0 for none.
    public var dropZoneChangesEvery = 0
    /// Of several records of a name only the last one is sent.
    public var lastRecordWins = false
    /// Every so many requests are answered `stallSeconds` late; 0 for none.
    public var stallEvery = 0
    /// See `stallEvery`.
    public var stallSeconds = 1.0
    /// Seconds that each request takes longer for every other one that is open.
    public var contentionSeconds = 0.0
    /// Seconds that each task takes longer for every task that began before it.
    public var wearSeconds = 0.0
    /// How many versions of an extension are seen, the oldest first; 0 for all.
    public var visibleVersions = 0
    /// Each request leaves a descriptor open.
    public var leakDescriptors = false

    enum CodingKeys: String, CodingKey, CaseIterable {
        case dropTasksEvery = "drop_tasks_every"
        case dropZoneChangesEvery = "drop_zone_changes_every"
        case lastRecordWins = "last_record_wins"
        case stallEvery = "stall_every"
        case stallSeconds = "stall_seconds"
        case contentionSeconds = "contention_seconds"
        case wearSeconds = "wear_seconds"
        case visibleVersions = "visible_versions"
        case leakDescriptors = "leak_descriptors"
    }

    /// Nothing is wrong.
    public init() {}

    /// Reads the members. Throws when one is unknown or makes no sense.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        dropTasksEvery = try number(.dropTasksEvery)
        dropZoneChangesEvery = try number(.dropZoneChangesEvery)
        lastRecordWins = try container.decodeIfPresent(Bool.self, forKey: .lastRecordWins) ?? false
        stallEvery = try number(.stallEvery)
        stallSeconds = try container.decodeIfPresent(Double.self, forKey: .stallSeconds) ?? stallSeconds
        contentionSeconds = try container.decodeIfPresent(Double.self, forKey: .contentionSeconds) ?? 0
        wearSeconds = try container.decodeIfPresent(Double.self, forKey: .wearSeconds) ?? 0
        visibleVersions = try number(.visibleVersions)
        leakDescriptors = try container.decodeIfPresent(Bool.self, forKey: .leakDescriptors) ?? false
        let counts = [dropTasksEvery, dropZoneChangesEvery, stallEvery, visibleVersions]
        let times = [stallSeconds, contentionSeconds, wearSeconds]
        guard counts.allSatisfy({ $0 >= 0 }), times.allSatisfy((0...60).contains) else {
            throw PlatformError(.invalid, "settings: faults: counts are at least 0, seconds 0 to 60")
        }
    }
}
