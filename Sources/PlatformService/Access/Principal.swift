/// Who asks, by the token that he showed.
public struct Principal: Sendable, Hashable {
    /// The user's or the service account's name.
    public let name: String
    /// What he is.
    public let roles: Set<Role>
    /// Teams beside those of his roles.
    public let teams: Set<Team>
    /// The one workspace that he is bound to; nil when he is not bound.
    public let workspace: String?
    /// Whether he showed a second factor when he logged in.
    public let mfaVerified: Bool
    /// Whether he is a program.
    public let isServiceAccount: Bool

    /// A principal of these properties.
    public init(
        name: String, roles: Set<Role>, teams: Set<Team> = [], workspace: String? = nil, mfaVerified: Bool = false,
        isServiceAccount: Bool = false
    ) {
        self.name = name
        self.roles = roles
        self.teams = teams
        self.workspace = workspace
        self.mfaVerified = mfaVerified
        self.isServiceAccount = isServiceAccount
    }

    /// His teams, those of his roles included.
    public var allTeams: Set<Team> { teams.union(roles.map(\.team)) }

    /// The one user of solo mode.
    public static let solo = Principal(name: "admin", roles: [.admin], mfaVerified: true)
}
