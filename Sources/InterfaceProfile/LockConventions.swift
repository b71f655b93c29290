/// How a workspace is locked by an issue in Gitea; nothing of it is documented.
///
/// Who wants a lock makes an issue with the label and lists the open ones of the same title's workspace: the lowest number
/// holds the lock, everybody else closes his own issue again. Closing the holder's issue releases it.
public struct LockConventions: Sendable, Codable, Hashable {
    /// The label of every lock.
    public var label = "workspace-lock"
    /// The title; `{type}`, `{workspace}` and `{user}` are filled in.
    public var title = "[LOCK:{type}] {workspace} by {user}"
    /// The type of a lock that nobody else may hold beside it.
    public var exclusive = "write"

    /// The conventions that the suites use.
    public init() {}
}
