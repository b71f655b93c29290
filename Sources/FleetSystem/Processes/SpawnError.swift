/// A program that could not be started: where it stopped, and why.
public struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
    /// How far the start got. The numbers are those of `fleet_stage` in CLinux; from 100 on they are ours.
    public enum Stage: Int32, Sendable, CaseIterable {
        /// Making the pipe that errors travel over.
        case pipe = 1
        /// Making the process, and its namespaces.
        case fork = 2
        /// Mapping our ids into the user namespace.
        case userNamespace = 3
        /// Making the mounts private.
        case mounts = 4
        /// Mounting `/proc`.
        case proc = 5
        /// Mounting an empty `/tmp` or `/run`.
        case tmpfs = 6
        /// Keeping a directory visible.
        case keptPath = 7
        /// Bringing the loopback network up.
        case network = 8
        /// Setting the host name.
        case hostname = 9
        /// Joining the namespaces of another process.
        case join = 10
        /// Asking the kernel for the signal at our end.
        case deathSignal = 11
        /// Starting a session.
        case session = 12
        /// Arranging the descriptors.
        case descriptors = 13
        /// Changing the directory.
        case directory = 14
        /// Running the program.
        case exec = 15
        /// Getting a handle of the process.
        case handle = 16
        /// Looking the program up in `PATH`.
        case lookup = 100
        /// Opening a standard stream.
        case streams = 101
    }

    /// Where it stopped.
    public var stage: Stage
    /// The error number of the system.
    public var code: Int32
    /// The program, as the specification named it.
    public var executable: String
    /// What the stage worked on, such as a directory; empty when there is nothing to say.
    public var detail: String

    /// Describes a failed start.
    public init(stage: Stage, code: Int32, executable: String, detail: String = "") {
        self.stage = stage
        self.code = code
        self.executable = executable
        self.detail = detail
    }

    /// One sentence.
    public var description: String {
        let subject = detail.isEmpty ? "" : " (\(detail))"
        return "cannot start \(executable): \(stage.words)\(subject): \(SystemCallError.text(of: code))"
    }
}

extension SpawnError.Stage {
    fileprivate var words: String {
        switch self {
        case .pipe: "making a pipe"
        case .fork: "making the process and its namespaces"
        case .userNamespace: "mapping ids into the user namespace"
        case .mounts: "making mounts private"
        case .proc: "mounting /proc"
        case .tmpfs: "mounting a private /tmp or /run"
        case .keptPath: "keeping a directory visible"
        case .network: "bringing the loopback network up"
        case .hostname: "setting the host name"
        case .join: "joining the namespaces"
        case .deathSignal: "binding its life to ours"
        case .session: "starting a session"
        case .descriptors: "arranging descriptors"
        case .directory: "changing the directory"
        case .exec: "running the program"
        case .handle: "getting a handle of the process"
        case .lookup: "looking it up in PATH"
        case .streams: "opening a standard stream"
        }
    }
}
