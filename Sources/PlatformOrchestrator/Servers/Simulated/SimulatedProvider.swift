import FleetSystem
import PlatformService

/// A provider without machines: it keeps an inventory as a cloud vendor does, with latency, capacity, failures and a view
/// that lags, and lets nobody log in. Its servers say `"simulated": true`.
struct SimulatedProvider: ServerProvider {
    let isSimulated = true
    let vendor: SimulatedVendor
    private let inventory: Locked<SimulatedInventory>
    private let table: RecordTable<SimulatedInventory.Instance>

    /// Opens the inventory of that file.
    init(_ vendor: SimulatedVendor, _ settings: SimulationSettings, path: String) throws {
        self.vendor = vendor
        let (table, stored) = try RecordTable<SimulatedInventory.Instance>.open(path)
        self.table = table
        inventory = Locked(SimulatedInventory(vendor, settings, Array(stored.values)))
    }

    var name: String { vendor.name }
    var network: IPv4Network { vendor.network }

    func placement(zone: String?, plan: String?) throws(PlatformError) -> Placement {
        let zone = zone ?? vendor.zones[0]
        guard vendor.zones.contains(zone) else {
            throw PlatformError(.invalid, "zone: \"\(zone)\" is none of \(vendor.zones.joined(separator: ", "))")
        }
        return Placement(zone: zone, plan: try checked(plan ?? vendor.plans[2]))
    }

    func create(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> ProvidedServer {
        let id = vendor.id((0..<16).map { _ in UInt8.random(in: 0...255) })
        let placement = Placement(zone: server.zone, plan: server.plan)
        let ordered = try inventory.withLock { inventory throws(PlatformError) in
            try inventory.order(server.hostname, placement, id: id, now: .now())
        }
        return try await provided(ordered)
    }

    func move(
        _ server: ServerRecord, to address: IPv4Address?, avoiding: Set<IPv4Address>
    ) async throws -> ProvidedServer {
        let changed = try inventory.withLock { inventory throws(PlatformError) in
            try inventory.change(server.hostname, now: .now(), address: .some(address))
        }
        return try await provided(changed)
    }

    func resize(_ server: ServerRecord, to plan: String) async throws {
        let plan = try checked(plan)
        let changed = try inventory.withLock { inventory throws(PlatformError) in
            try inventory.change(server.hostname, now: .now(), plan: plan)
        }
        _ = try await provided(changed)
    }

    func resume(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> ProvidedServer {
        if case .running(let instance) = inventory.withLock({ $0.sight(of: server.hostname, now: .now()) }) {
            return ProvidedServer(id: instance.id, address: instance.address)
        }
        // A backup can bring back a server that its vendor does not have any more: it is ordered again.
        return try await create(server, avoiding: avoiding)
    }

    func remove(_ hostname: String) async throws {
        guard inventory.withLock({ $0.end(hostname) }) != nil else { return }
        try await table.keep([(hostname, nil)]).value().get()
    }

    func login(to server: ServerRecord) throws(PlatformError) -> RemoteShell.Target {
        throw PlatformError(
            .conflict,
            "the server \(server.hostname) is simulated (provider \(name)): nobody can log in, so nothing can be installed"
        )
    }

    func isRunning(_ server: ServerRecord) -> Bool {
        if case .running = inventory.withLock({ $0.sight(of: server.hostname, now: .now()) }) { true } else { false }
    }

    func stopAll() async { await table.close() }

    var offer: ProviderOffer {
        inventory.withLock { inventory in
            ProviderOffer(
                name: name, simulated: true, zones: vendor.zones, plans: vendor.plans, network: network.description,
                servers: inventory.instances.count, capacity: inventory.settings.capacity)
        }
    }
}

extension SimulatedProvider {
    private func checked(_ plan: String) throws(PlatformError) -> String {
        guard vendor.plans.contains(plan) else {
            throw PlatformError(.invalid, "plan: \"\(plan)\" is none of \(vendor.plans.joined(separator: ", "))")
        }
        return plan
    }

    /// Makes an entry durable and asks, as a client of a real vendor would, until the server runs.
    private func provided(_ instance: SimulatedInventory.Instance) async throws -> ProvidedServer {
        try await table.write(instance, for: instance.hostname)
        let settings = inventory.withLock { $0.settings }
        let runs = await Waiting.until(
            within: .seconds(settings.latency + settings.lag + 5), every: .milliseconds(20)
        ) {
            if Task.isCancelled { return true }
            guard case .running = inventory.withLock({ $0.sight(of: instance.hostname, now: .now()) }) else {
                return false
            }
            return true
        }
        try Task.checkCancellation()
        guard runs else {
            throw PlatformError(.failed, "\(name) (simulated): the server \(instance.hostname) does not come up")
        }
        return ProvidedServer(id: instance.id, address: instance.address)
    }
}
