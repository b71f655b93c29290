/// How a test, or one attempt of it, ended.
public enum Outcome: String, CaseIterable, Codable, Sendable, CustomStringConvertible {
    /// It did what it asserts.
    case passed
    /// An assertion did not hold, or a command ended with a status other than 0 and 77.
    case failed
    /// It ran past its time limit and was killed.
    case timeout
    /// Its process ended by a signal.
    case crashed
    /// It said itself that it cannot run here.
    case skipped
    /// It failed first and passed on a retry; never given to a single attempt.
    case flaky
    /// The interface that it needs is not where the profile says.
    case noInterface = "no-interface"
    /// It could not be run at all.
    case notRun = "not-run"

    /// The name as the reports write it.
    public var description: String { rawValue }

    /// Whether the outcome turns a run red (exit status 1).
    public var isRed: Bool {
        switch self {
        case .failed, .timeout, .crashed: true
        case .passed, .skipped, .flaky, .noInterface, .notRun: false
        }
    }

    /// Whether the outcome leaves a run incomplete (exit status 2).
    public var isMissing: Bool {
        switch self {
        case .noInterface, .notRun: true
        case .passed, .failed, .timeout, .crashed, .skipped, .flaky: false
        }
    }
}

/// What is to blame for an outcome.
public enum Cause: String, CaseIterable, Codable, Sendable, CustomStringConvertible {
    /// The test, or what it tests.
    case test
    /// A service of the environment that did not start or died.
    case environment
    /// The host, its agent or a worker on it.
    case host
    /// The connection to the host.
    case transport

    /// The name as the reports write it.
    public var description: String { rawValue }
}

/// What stands behind a service.
public enum Backing: String, CaseIterable, Codable, Sendable {
    /// A container image.
    case container
    /// A program that the host has.
    case native
    /// A service of our own that the bundle brings along.
    case builtin
    /// Somebody else's running service.
    case external
}

/// How an environment is isolated on its host.
public enum Driver: String, CaseIterable, Codable, Sendable {
    /// Private directories and free ports: separates ports, data and directories, no more.
    case process
    /// Own network, mount, PID, IPC and UTS namespaces.
    case namespace
    /// Containers of docker or podman.
    case container
    /// It is already there.
    case external
}

/// Whether a test shares its environment with tests that run at the same time.
public enum Isolation: String, CaseIterable, Codable, Sendable {
    /// Side by side with others.
    case shared
    /// Alone in the environment.
    case exclusive
}
