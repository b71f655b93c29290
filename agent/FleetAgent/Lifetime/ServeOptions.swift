public import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How an agent is to serve a run.
public struct ServeOptions: Hashable, Sendable {
    /// The run that is served.
    public var run: RunID
    /// The lease under which the agent is started.
    public var epoch: Epoch
    /// The directory for everything that stays or comes on this host; absolute.
    public var workdir: String
    /// How many tests run at once.
    public var slots: Int
    /// How many slots the host has, for all runs together; nil: as many as this run wants.
    public var hostSlots: Int?
    /// Who started the run, for people; at most 128 bytes.
    public var owner: String
    /// How many environments there are at once; the slots are shared equally between them.
    public var lanes: Int
    /// How long the agent lives without a coordinator, in seconds.
    public var grace: Double
    /// How long environments stay after the run, in seconds; nil: they go with it.
    public var keep: Double?
    /// Whether environments are not brought up but taken over from those that are kept.
    public var adopts: Bool
    /// How environments are isolated where the coordinator leaves it open; nil leaves it to the host.
    public var driver: Driver?
    /// How much memory everything that we start may use together, in bytes; nil for no limit.
    public var memory: Int?
    /// How much what we start yields to others, from 0 to 19.
    public var niceness: Int
    /// Whether a configuration follows the token on standard input.
    public var readsConfiguration = false

    /// Describes how to serve.
    public init(
        run: RunID, epoch: Epoch, workdir: String, slots: Int = 1, hostSlots: Int? = nil, lanes: Int = 1,
        grace: Double = 120, driver: Driver? = nil, owner: String = "", keep: Double? = nil, adopts: Bool = false,
        memory: Int? = nil, niceness: Int = 0
    ) {
        self.run = run
        self.epoch = epoch
        self.workdir = workdir
        self.slots = slots
        self.hostSlots = hostSlots
        self.owner = owner
        self.keep = keep
        self.adopts = adopts
        self.lanes = lanes
        self.grace = grace
        self.driver = driver
        self.memory = memory
        self.niceness = niceness
    }

    /// The working directory where none is named: `~/.cache/provisioning-fleet`.
    public static var standardWorkdir: String {
        let home = getenv("HOME").map { String(cString: $0) } ?? "/tmp/fleet-\(getuid())"
        let cache = getenv("XDG_CACHE_HOME").map { String(cString: $0) }
        return "\(cache.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.cache")/provisioning-fleet"
    }

    /// What is wrong with the numbers, in one sentence; nil when nothing is.
    public var problem: String? {
        if !(1...256).contains(slots) { return "--slots is \(slots), but must be from 1 to 256" }
        if !(slots...256).contains(capacity) {
            return "--host-slots is \(capacity), but must be from --slots to 256"
        }
        if let keep, !(keep >= 1 && keep <= 30 * 86_400) {
            return "--keep is \(keep), but must be from 1 second to 30 days"
        }
        if owner.utf8.count > 128 { return "--owner has more than 128 bytes" }
        if !(1...slots).contains(lanes) || !slots.isMultiple(of: lanes) {
            return "--slots \(slots) is no multiple of --lanes \(lanes)"
        }
        if !(grace >= 1 && grace <= 86_400) { return "--grace is \(grace), but must be from 1 to 86400 seconds" }
        if let memory, memory < 16 << 20 { return "--memory is \(memory), but must be 16777216 bytes or more" }
        if !(0...19).contains(niceness) { return "--nice is \(niceness), but must be from 0 to 19" }
        if epoch.rawValue < 1 { return "--epoch is \(epoch), but must be 1 or more" }
        if !workdir.hasPrefix("/") { return "--workdir is \(workdir), but must begin with a slash" }
        return nil
    }

    /// The same, for another process of ours.
    var arguments: [String] {
        var arguments = [
            "--run", run.rawValue, "--epoch", "\(epoch)", "--workdir", workdir, "--slots", "\(slots)",
            "--lanes", "\(lanes)", "--grace", "\(grace)",
        ]
        if let driver { arguments += ["--driver", driver.rawValue] }
        if let hostSlots { arguments += ["--host-slots", "\(hostSlots)"] }
        if let keep { arguments += ["--keep", "\(keep)"] }
        if adopts { arguments.append("--adopt") }
        if !owner.isEmpty { arguments += ["--owner=\(owner)"] }
        if let memory { arguments += ["--memory", "\(memory)"] }
        if niceness > 0 { arguments += ["--nice", "\(niceness)"] }
        return arguments
    }

    /// How many slots the host has for all runs together.
    var capacity: Int { hostSlots ?? slots }

    var layout: SessionLayout { SessionLayout(workdir: workdir, run: run, epoch: epoch) }
}

/// What our own processes need to know of themselves.
enum OwnProgram {
    /// The path of this program, also after it was replaced on disk.
    static var path: String {
        #if os(Linux)
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
            if count > 0 {
                let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
                return path.hasSuffix(" (deleted)") ? "/proc/\(getpid())/exe" : path
            }
        #endif
        return CommandLine.arguments.first ?? "agent"
    }

    /// Where programs are looked up: the user's `PATH`, and the places where services live.
    static var searchPath: String {
        let given = getenv("PATH").map { String(cString: $0) } ?? ""
        let directories = (given.split(separator: ":") + ProgramSearch.standardPath.split(separator: ":"))
            .filter { $0.hasPrefix("/") }
        var seen: Set<Substring> = []
        return directories.filter { seen.insert($0).inserted }.joined(separator: ":")
    }

    /// The clean environment of our helpers.
    static func variables(session: String) -> [String: String] {
        var variables = ["PATH": searchPath, "LANG": "C.UTF-8", SessionLayout.variable: session]
        for name in ["HOME", "USER", "LOGNAME"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}
