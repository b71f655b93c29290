public import FleetModel

/// A place on a host that holds one environment at a time.
public struct LaneID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// The host.
    public let host: HostID
    /// The lane's number on that host, from 0.
    public let index: Int

    /// Names a lane.
    public init(host: HostID, index: Int) {
        self.host = host
        self.index = index
    }

    /// Host and number, such as `lab-1#0`.
    public var description: String { "\(host)#\(index)" }

    /// Orders by host, then by number.
    public static func < (left: LaneID, right: LaneID) -> Bool {
        (left.host, left.index) < (right.host, right.index)
    }
}

/// What the planner knows of a lane.
public struct LaneCapacity: Hashable, Sendable {
    /// Which lane.
    public var id: LaneID
    /// How many tests it runs at once.
    public var workers: Int
    /// The modes that it may hold; tests without an environment run anywhere.
    public var modes: Set<Mode>
    /// How fast it runs tests beside others, 1 being usual; above 0.
    public var speed: Double

    /// Describes a lane.
    public init(id: LaneID, workers: Int, modes: Set<Mode> = Set(Mode.allCases), speed: Double = 1) {
        self.id = id
        self.workers = workers
        self.modes = modes
        self.speed = speed
    }

    /// Whether tests of a mode, or of none, can run here.
    public func holds(_ mode: Mode?) -> Bool { mode.map(modes.contains) ?? true }
}
