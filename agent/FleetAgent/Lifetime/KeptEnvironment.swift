public import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which environment `agent environment` is about.
public struct KeptEnvironmentOptions: Hashable, Sendable {
    /// The agent's working directory; absolute.
    public var workdir: String
    /// What it is called; lower-case letters, digits and `-`.
    public var name: RunID
    /// Which services it has.
    public var mode: Mode
    /// How it is isolated; nil leaves it to the host.
    public var driver: Driver?

    /// Describes an environment that is kept by hand.
    public init(workdir: String, name: RunID, mode: Mode = .solo, driver: Driver? = nil) {
        self.workdir = workdir
        self.name = name
        self.mode = mode
        self.driver = driver
    }

    var layout: KeptLayout { KeptLayout(workdir: workdir, name: name.rawValue) }

    var arguments: [String] {
        var arguments = ["--name", name.rawValue, "--workdir", workdir, "--mode", mode.rawValue]
        if let driver { arguments += ["--driver", driver.rawValue] }
        return arguments
    }
}

/// Where an environment that is kept by hand lies.
struct KeptLayout: Hashable, Sendable {
    let workdir: String
    let name: String

    static func all(_ workdir: String) -> String { "\(workdir)/environments" }
    var directory: String { "\(Self.all(workdir))/\(name)" }
    var lock: String { "\(directory)/lock" }
    var log: String { "\(directory)/log" }
    var state: String { "\(directory)/state.json" }
    var environment: String { "\(directory)/environment" }
    func log(of service: String) -> String { "\(environment)/logs/\(service).log" }
}

/// What is known of an environment that is kept by hand: the content of its state file.
struct KeptState: Hashable, Sendable, Codable {
    var type = "ready"
    var name: String
    var mode: Mode
    var driver: Driver
    /// The process that holds it.
    var pid: Int32
    var seconds: Double
    var endpoints: Endpoints
    var services: [ServiceInfo]

    /// The state for people.
    var text: String {
        var lines = ["environment \(name): \(mode), driver \(driver.rawValue), held by process \(pid)"]
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
    static func read(_ layout: KeptLayout) -> KeptState? {
        guard let bytes = try? AtomicFile.read(layout.state) else { return nil }
        return try? JSONDecoder().decode(KeptState.self, from: Data(bytes))
    }

    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
