/// What somebody wants to do, with everything that the policy looks at.
public struct AccessRequest: Sendable, Hashable {
    /// What it is done to.
    public struct Resource: Sendable, Hashable {
        /// Its kind.
        public var kind: ResourceKind
        /// Its name; nil for all of the kind.
        public var name: String?
        /// The workspace that it belongs to, or is.
        public var workspace: String?
        /// Who owns that workspace.
        public var owner: String?
        /// The tier of its environment.
        public var tier: Tier
        /// Nodes of a cluster.
        public var nodeCount: Int

        /// A resource of these properties.
        public init(
            _ kind: ResourceKind, name: String? = nil, workspace: String? = nil, owner: String? = nil,
            tier: Tier = .development, nodeCount: Int = 0
        ) {
            self.kind = kind
            self.name = name
            self.workspace = workspace
            self.owner = owner
            self.tier = tier
            self.nodeCount = nodeCount
        }
    }

    /// The circumstances. Documented, but for `isForced` and `isDELETE`, which are parts of the request.
    public struct Context: Sendable, Hashable {
        /// Address that the request comes from; nil when it is not known.
        public var address: String?
        /// When.
        public var time: Timestamp
        /// Approval that the caller refers to.
        public var approvalID: String?
        /// Whether he wants the deletion whatever stands against it.
        public var isForced: Bool
        /// Whether the HTTP method is DELETE.
        public var isDELETE: Bool

        /// Circumstances of these properties.
        public init(
            address: String? = nil, time: Timestamp, approvalID: String? = nil, isForced: Bool = false,
            isDELETE: Bool = false
        ) {
            self.address = address
            self.time = time
            self.approvalID = approvalID
            self.isForced = isForced
            self.isDELETE = isDELETE
        }
    }

    /// Who.
    public var principal: Principal
    /// What he does.
    public var action: Action
    /// To what.
    public var resource: Resource
    /// How.
    public var context: Context

    /// A request of these parts.
    public init(_ principal: Principal, _ action: Action, _ resource: Resource, _ context: Context) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.context = context
    }
}
