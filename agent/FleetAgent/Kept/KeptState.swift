import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is known of a kept environment: the content of its state file. No secrets.
struct KeptState: Hashable, Sendable, Codable {
    var type = "ready"
    var name: String
    var mode: Mode
    var driver: Driver
    /// The process that holds it.
    var pid: Int32
    /// The process that started its services, in whose namespaces it is when it has its own.
    var keeper: Int32?
    /// How long it took to become ready, in seconds.
    var seconds: Double
    var endpoints: Endpoints
    var services: [ServiceInfo]
    /// Where the environment's files are.
    var directory: String
    /// When it was kept, and until when at most, in seconds since 1970; without an end until somebody takes it down.
    var since: Double
    var until: Double?
    /// Why it is kept, for people.
    var reason: String
    /// What state it had when it became ready; nil when nobody looked.
    var facts: EnvironmentFacts?

    /// Describes an environment that this process holds.
    init(name: String, holder: any EnvironmentHolder, until: Double?, reason: String) {
        self.name = name
        mode = holder.endpoints["environment", "mode"].flatMap(Mode.init(rawValue:)) ?? .solo
        driver = holder.report.driver
        pid = getpid()
        keeper = holder.keeper
        seconds = holder.report.seconds
        endpoints = holder.endpoints
        services = holder.report.services
        directory = holder.directory
        since = SessionStatus.now
        self.until = until
        self.reason = reason
        facts = holder.facts
    }

    /// Where programs that use the environment run.
    var namespaces: NamespaceChoice {
        driver == .namespace ? keeper.map { .join(processID: $0) } ?? .none : .none
    }

    /// Whoever looks at its state.
    func eye(agent: String) -> EnvironmentEye {
        EnvironmentEye(agent: agent, namespaces: namespaces, directory: directory, keeper: keeper)
    }

    /// The log of one of its services.
    func log(of service: String) -> String { "\(directory)/logs/\(service).log" }

    /// The state for people.
    var text: String {
        let left = until.map { ", \(HostUse.length($0 - SessionStatus.now)) left" } ?? ", until it is taken down"
        var lines = [
            "environment \(name): \(mode), driver \(driver.rawValue), held by process \(pid)",
            "  kept since \(HostUse.length(SessionStatus.now - since))\(left): \(reason)",
        ]
        for service in services.sorted(by: { $0.name < $1.name }) {
            let ready = Judgement.number((service.readySeconds * 100).rounded() / 100)
            lines.append("  \(service.name): \(service.version) (\(service.backing.rawValue)), ready after \(ready) s")
        }
        for (service, properties) in endpoints.services.sorted(by: { $0.key < $1.key }) {
            for (property, value) in properties.sorted(by: { $0.key < $1.key }) {
                lines.append("  {\(service).\(property)} = \(value)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The state of an environment; nil when there is none.
    static func read(_ place: KeptPlace) -> KeptState? {
        guard let bytes = try? AtomicFile.read(place.state) else { return nil }
        return try? JSONDecoder().decode(KeptState.self, from: Data(bytes))
    }

    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// A kept environment, for `agent environment status --json` and `agent status --json`.
struct KeptReport: Hashable, Sendable, Codable {
    var name: String
    var mode: Mode
    var driver: Driver
    var services: [ServiceInfo]
    var endpoints: Endpoints
    /// How long it took to become ready, in seconds.
    var readySeconds: Double
    /// For how long it has been kept, and for how long it still is; in seconds.
    var seconds: Double
    var secondsLeft: Double?
    var reason: String
    /// Whether a run uses it now.
    var isAdopted: Bool

    /// Describes an environment that is held at a place.
    init(_ state: KeptState, _ place: KeptPlace) {
        let now = SessionStatus.now
        name = state.name
        mode = state.mode
        driver = state.driver
        services = state.services
        endpoints = state.endpoints
        readySeconds = state.seconds
        seconds = max(0, now - state.since).rounded()
        secondsLeft = state.until.map { max(0, $0 - now).rounded() }
        reason = state.reason
        isAdopted = place.isAdopted
    }

    /// All that are held in a working directory.
    static func all(workdir: String) -> [KeptReport] {
        KeptPlace.all(workdir: workdir).filter(\.isHeld).compactMap { place in
            KeptState.read(place).map { KeptReport($0, place) }
        }
    }
}
