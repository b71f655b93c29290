import FleetHTTP
public import InterfaceProfile

/// Locks of workspaces as issues in one repository of Gitea, by the conventions of the profile.
public struct WorkspaceLocks: Sendable {
    /// A lock that is held.
    public struct Lock: Hashable, Sendable {
        /// The number of its issue.
        public var number: Int
        /// The workspace.
        public var workspace: String
        /// Who holds it.
        public var user: String
    }

    private let gitea: GiteaClient
    private let repository: String
    private let label: Int
    private let conventions: LockConventions

    /// Prepares a repository for locks. The label must exist before anybody filters by it: Gitea drops unknown ones.
    public init(_ gitea: GiteaClient, in repository: String, _ profile: InterfaceProfile) async throws {
        self.gitea = gitea
        self.repository = repository
        conventions = profile.locks
        label = try await gitea.createLabel(conventions.label, in: repository)
    }

    private init(_ other: WorkspaceLocks, as gitea: GiteaClient) {
        self.gitea = gitea
        repository = other.repository
        label = other.label
        conventions = other.conventions
    }

    /// The same locks, asked for by somebody else.
    public func acting(as gitea: GiteaClient) -> WorkspaceLocks { WorkspaceLocks(self, as: gitea) }

    /// Tries to take the lock of a workspace; nil when somebody else holds it.
    public func acquire(_ workspace: String, by user: String) async throws -> Lock? {
        let title = conventions.title.replacing("{type}", with: conventions.exclusive)
            .replacing("{workspace}", with: workspace).replacing("{user}", with: user)
        let number = try await gitea.createIssue(title, body: "owner: \(user)", labels: [label], in: repository)
        let lock = Lock(number: number, workspace: workspace, user: user)
        if try await holder(of: workspace)?.number == number { return lock }
        try await release(lock)
        return nil
    }

    /// Who holds the lock of a workspace: the open issue with the lowest number; nil when nobody does.
    public func holder(of workspace: String) async throws -> Lock? {
        try await wishes(for: workspace).min { $0.number < $1.number }
    }

    /// Gives a lock back.
    public func release(_ lock: Lock) async throws { try await gitea.closeIssue(lock.number, in: repository) }

    /// All open issues about a workspace, on all pages.
    public func wishes(for workspace: String) async throws -> [Lock] {
        let start = conventions.title.replacing("{type}", with: conventions.exclusive)
            .replacing("{workspace}", with: workspace).replacing("{user}", with: "")
        var locks: [Lock] = []
        for page in 1...100 {
            let path =
                "/repos/\(repository)/issues?state=open&type=issues&labels=\(conventions.label)&limit=20&page=\(page)"
            let issues = try await gitea.ask(.get, path).array ?? []
            for issue in issues {
                let labels = (issue["labels"]?.array ?? []).compactMap { $0["name"]?.string }
                guard labels.contains(conventions.label), let title = issue["title"]?.string, title.hasPrefix(start),
                    let number = issue["number"]?.integer
                else { continue }
                locks.append(Lock(number: number, workspace: workspace, user: String(title.dropFirst(start.count))))
            }
            if issues.isEmpty { return locks }
        }
        return locks
    }
}
