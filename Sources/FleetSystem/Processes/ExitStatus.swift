/// How a process ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    /// It ended itself with this status.
    case exited(Int32)
    /// This signal ended it.
    case signaled(Int32)

    /// Whether it ended with status 0.
    public var isSuccess: Bool { self == .exited(0) }

    /// A few words, such as `exit status 1` or `signal 9`.
    public var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}
