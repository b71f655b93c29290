public import FleetModel
import FleetSystem

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
    /// A file that `coordinator config --json` made; nil: all is standard.
    public var configuration: String?
    /// How much memory the environment may use, in bytes; nil for no limit.
    public var memory: Int?
    /// How much its services yield to others, from 0 to 19.
    public var niceness = 0

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
        if let memory { arguments += ["--memory", "\(memory)"] }
        if niceness > 0 { arguments += ["--nice", "\(niceness)"] }
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
    var environment: String { "\(directory)/environment" }
    var place: KeptPlace { KeptPlace.byHand(name, workdir: workdir) }
}
