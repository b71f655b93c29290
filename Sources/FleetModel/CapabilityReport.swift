/// What a host can hold, as its agent says when it is asked; one JSON object.
public struct CapabilityReport: Hashable, Sendable, Codable {
    /// One mode that the agent's program knows.
    public struct ModeReport: Hashable, Sendable, Codable {
        /// The mode.
        public var mode: Mode
        /// What its services need and the host does not have, in words such as `knotd (for dns)`; empty when it can run.
        public var lacks: [String]
        /// The Debian packages that bring what is lacking.
        public var packages: [String]

        /// Describes a mode.
        public init(mode: Mode, lacks: [String], packages: [String]) {
            self.mode = mode
            self.lacks = lacks
            self.packages = packages
        }
    }

    /// Name and version of the agent's program.
    public var program: String
    /// The modes that the program knows, in their order.
    public var modes: [ModeReport]
    /// How environments can be isolated there, the preferred way first.
    public var drivers: [Driver]
    /// Why namespaces cannot be made; nil when they can.
    public var namespaceProblem: String?

    /// Describes a host.
    public init(program: String, modes: [ModeReport], drivers: [Driver], namespaceProblem: String? = nil) {
        self.program = program
        self.modes = modes
        self.drivers = drivers
        self.namespaceProblem = namespaceProblem
    }
}
