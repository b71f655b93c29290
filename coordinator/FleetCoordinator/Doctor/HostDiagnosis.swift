import FleetModel

/// What the doctor found on one host; the JSON that `doctor --json` prints for it.
struct HostDiagnosis: Hashable, Sendable, Codable {
    /// Whether a run can use the host.
    enum State: String, Hashable, Sendable, Codable {
        /// Nothing is lacking.
        case ready
        /// It can be used, but not for everything.
        case lacks
        /// It was reached, but no agent can run there.
        case unusable
        /// It could not be reached.
        case unreachable
    }

    /// A command of `--install`, and how it ended.
    struct Installation: Hashable, Sendable, Codable {
        var command: String
        /// Its exit status.
        var status: Int
        /// The end of what it printed.
        var output: String
    }

    /// The first word of its line in hosts.txt.
    var name: String
    /// What hosts.txt calls it by besides.
    var labels: [String]
    /// How other hosts reach it, when hosts.txt says so.
    var address: String?
    var state = State.unreachable
    /// Where on the way to it we failed, such as `login`; nil when we did not.
    var failedStage: String?
    /// Such as `linux-x86_64`.
    var platform: String?
    /// Such as `Debian GNU/Linux 12 (bookworm)`.
    var system: String?
    var kernel: String?
    /// As whom we are logged in.
    var user: String?
    var processors: Int?
    /// In bytes.
    var memory: Int?
    /// In bytes.
    var availableMemory: Int?
    var load: Double?
    var libc: String?
    var workdir: String?
    /// In bytes.
    var freeSpace: Int?
    var clock: HostClock?
    /// Whether its ports can be reached through SSH: `allowed`, `forbidden`, `not needed`.
    var forwarding: String?
    var drivers: [Driver] = []
    /// The modes that it can hold, and what the others lack.
    var modes: [CapabilityReport.ModeReport] = []
    /// Sessions and kept environments by the names of their directories.
    var uses: [HostFacts.Use] = []
    /// The runs that use the host, as its agent tells them.
    var sessions: [SessionReport.Session] = []
    var findings: [Finding] = []
    /// The one command that mends what a package can mend; nil when there is nothing of that kind.
    var mend: String?
    var installations: [Installation] = []

    init(_ host: HostSpecification) {
        name = host.id.name
        labels = host.labels
        address = host.address
    }

    /// Takes over what the host says of itself.
    mutating func take(_ facts: HostFacts) {
        platform = facts.platform.description
        system = facts.system
        kernel = facts.kernel
        user = facts.user
        processors = facts.processors
        memory = facts.memory
        availableMemory = facts.availableMemory
        load = facts.load
        libc = facts.libc
        workdir = facts.wantedDirectory
        freeSpace = facts.freeSpace
        uses = facts.uses
    }

    /// Takes over what its agent says, as far as hosts.txt wants it.
    mutating func take(_ report: CapabilityReport, for host: HostSpecification) {
        drivers = report.drivers
        modes = report.modes.filter { host.modes?.contains($0.mode) ?? true }
        for mode in modes where !mode.lacks.isEmpty {
            let what = "the mode \(mode.mode) lacks \(mode.lacks.joined(separator: ", "))"
            findings.append(
                mode.packages.isEmpty
                    ? Finding(.lacks, what, advice: "push the bundle again: remove \(workdir ?? "workdir")/bundles")
                    : Finding(.lacks, what, packages: mode.packages))
        }
        guard let problem = report.namespaceProblem else { return }
        let what = "namespaces cannot be made, so that environments are isolated as processes only: \(problem)"
        let advice = "log in as root, or allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1"
        findings.append(Finding(host.driver == .namespace ? .lacks : .note, what, advice: advice))
    }

    /// Takes over who uses the host; that says more than the names of directories do.
    mutating func take(_ report: SessionReport) {
        sessions = report.sessions
        findings.removeAll { finding in
            sessions.contains { finding.what.hasPrefix("in use: sessions/\($0.run)-") }
        }
        findings += sessions.map(\.finding)
    }

    /// Sums up: the state, and the command that mends what packages can mend.
    mutating func conclude() {
        let weights = Set(findings.map(\.weight))
        state = weights.contains(.unusable) ? .unusable : weights.contains(.lacks) ? .lacks : .ready
        let packages = findings.flatMap { $0.packages ?? [] }
        mend = packages.isEmpty ? nil : (user == "root" ? "" : "sudo ") + Finding.command(packages)
    }
}
