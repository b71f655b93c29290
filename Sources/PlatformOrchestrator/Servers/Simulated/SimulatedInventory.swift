import PlatformService

/// The servers of a simulated vendor: entries with states that follow from the time, and nothing behind them.
struct SimulatedInventory: Sendable {
    /// One entry.
    struct Instance: Sendable, Codable, Hashable {
        let id: String
        let hostname: String
        var placement: Placement
        var address: IPv4Address
        /// When it was ordered, or last changed.
        var since: Timestamp
    }

    /// What the vendor shows of a server.
    enum Sight: Sendable, Hashable {
        /// Nothing: it does not exist, or is too new to be shown.
        case none
        /// It is being made or changed.
        case pending(Instance)
        case running(Instance)
    }

    let vendor: SimulatedVendor
    let settings: SimulationSettings
    private(set) var instances: [String: Instance] = [:]
    /// Counts orders: decides which of them fail.
    private var orders: UInt64 = 0

    /// An inventory with these servers.
    init(_ vendor: SimulatedVendor, _ settings: SimulationSettings, _ instances: [Instance] = []) {
        self.vendor = vendor
        self.settings = settings
        self.instances = Dictionary(uniqueKeysWithValues: instances.map { ($0.hostname, $0) })
    }

    /// Orders a server. The same order twice gets the same server. Throws when the vendor refuses: no capacity, or a
    /// failure that the settings ask for.
    mutating func order(
        _ hostname: String, _ placement: Placement, id: String, now: Timestamp
    ) throws(PlatformError) -> Instance {
        if let there = instances[hostname] { return there }
        orders += 1
        let inZone = instances.values.count { $0.placement.zone == placement.zone }
        guard inZone < settings.capacity else {
            throw PlatformError(
                .failed,
                "\(vendor.name) (simulated): the zone \(placement.zone) has no capacity left (\(inZone) servers)")
        }
        guard !settings.failingNames.contains(hostname), !fails(orders) else {
            throw PlatformError(
                .failed, "\(vendor.name) (simulated): the creation of \(hostname) failed, as its settings ask")
        }
        let instance = Instance(
            id: id, hostname: hostname, placement: placement, address: try freeAddress(nil), since: now)
        instances[hostname] = instance
        return instance
    }

    /// Changes the address, to a certain one or any, or the plan. Throws when there is no such server or the address is taken.
    mutating func change(
        _ hostname: String, now: Timestamp, address: IPv4Address?? = nil, plan: String? = nil
    ) throws(PlatformError) -> Instance {
        guard var instance = instances[hostname] else {
            throw PlatformError(.notFound, "\(vendor.name) (simulated) has no server \(hostname)")
        }
        if let address { instance.address = try freeAddress(address) }
        if let plan { instance.placement.plan = plan }
        instance.since = now
        instances[hostname] = instance
        return instance
    }

    /// Ends a server. Nil when there was none.
    mutating func end(_ hostname: String) -> Instance? { instances.removeValue(forKey: hostname) }

    /// What the vendor shows at that time.
    func sight(of hostname: String, now: Timestamp) -> Sight {
        guard let instance = instances[hostname] else { return .none }
        let age = now.seconds(since: instance.since)
        if age < settings.lag { return .none }
        return age < settings.lag + settings.latency ? .pending(instance) : .running(instance)
    }

    private func freeAddress(_ wanted: IPv4Address?) throws(PlatformError) -> IPv4Address {
        let taken = Set(instances.values.map(\.address))
        if let wanted {
            guard vendor.network.contains(wanted), !taken.contains(wanted) else {
                throw PlatformError(.conflict, "ip_address: \(wanted) is none of \(vendor.network), or in use")
            }
            return wanted
        }
        guard let free = vendor.network.hosts.first(where: { !taken.contains($0) }) else {
            throw PlatformError(.failed, "\(vendor.name) (simulated) has no address left")
        }
        return free
    }

    /// SplitMix64 of seed and number, as a share of its range.
    private func fails(_ number: UInt64) -> Bool {
        var value = settings.seed &+ number &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) / Double(1 << 53) < settings.failureRate
    }
}
