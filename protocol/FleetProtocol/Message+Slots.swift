public import FleetModel

extension Message {
    /// How many slots of its host an agent has, when several runs share the host.
    public struct Slots: Hashable, Sendable, Encodable {
        /// Another run that has slots of the host.
        public struct Holder: Hashable, Sendable, Codable {
            /// Who started the run, as that coordinator said; for people.
            public var owner: String
            /// The run.
            public var run: RunID
            /// How many slots it has, at most 256.
            public var slots: Int
            /// For how long it has been on the host, in seconds.
            public var seconds: Double

            /// Describes another run.
            public init(owner: String, run: RunID, slots: Int, seconds: Double) {
                self.owner = owner
                self.run = run
                self.slots = slots
                self.seconds = seconds
            }
        }

        /// For each lane, in order, how many tests it may run at once.
        public var held: [Int]
        /// How many the agent wants in all; it goes on waiting while it has fewer.
        public var wanted: Int
        /// Who has the others, the first that came first; empty when nothing is waited for.
        public var holders: [Holder]

        /// Describes a share.
        public init(held: [Int], wanted: Int, holders: [Holder] = []) {
            self.held = held
            self.wanted = wanted
            self.holders = holders
        }

        /// How many the agent has in all lanes together.
        public var count: Int { held.reduce(0, +) }
    }
}
