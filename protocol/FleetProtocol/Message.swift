public import FleetModel

/// One line of the protocol, as PROTOCOL.md describes it.
public enum Message: Hashable, Sendable {
    /// First line each way: who speaks.
    case hello(Hello)
    /// Second line each way: the sender knows the run's token.
    case proof(Proof)
    /// Either side: are you there?
    case ping(Ping)
    /// The answer to `ping`, with its number.
    case pong(Ping)
    /// Either side: a line was not understood, or a request cannot be served.
    case error(ErrorReport)

    /// Coordinator: the environment of a lane, and the tests that may be started in it.
    case shard(Shard)
    /// Coordinator: run one test.
    case start(Start)
    /// Coordinator: stop one attempt; its result is still sent.
    case cancel(Cancel)
    /// Coordinator: results up to a number are safe and need not be kept.
    case acknowledge(Acknowledge)
    /// Coordinator: the run is over for this agent; tear down and end.
    case finish(Finish)
    /// Coordinator, on an artifact connection: send me a file.
    case fetch(Fetch)

    /// Agent: the environment of a lane changed its state.
    case environment(EnvironmentState)
    /// Agent: an attempt has begun.
    case started(Started)
    /// Agent: how many slots of the host are ours, and who has the others.
    case slots(Slots)
    /// Agent: an attempt has ended; numbered, kept until acknowledged.
    case result(Result)
    /// Agent, on an artifact connection: a piece of a file.
    case chunk(Chunk)
    /// Agent: something people should know.
    case log(Log)
    /// Agent: torn down; nothing follows.
    case bye(Bye)
}

extension Message {
    /// Who speaks, and what the connection is for.
    public struct Hello: Hashable, Sendable, Encodable {
        /// Which program speaks.
        public enum Role: String, Hashable, Sendable, Codable { case coordinator, agent }
        /// What a connection carries.
        public enum Purpose: String, Hashable, Sendable, Codable { case control, artifacts }

        /// Which program speaks.
        public var role: Role
        /// What the connection is for; the agent repeats the coordinator's word.
        public var purpose: Purpose
        /// The protocol version: `ProtocolVersion.current`.
        public var version: Int
        /// Program name and version, for people.
        public var program: String
        /// SHA-256 of the built-in catalogue, 64 hexadecimal digits.
        public var catalogue: String
        /// Optional abilities of the sender; unknown ones are ignored.
        public var features: [String]
        /// 32 random bytes as 64 hexadecimal digits, which the other side must prove upon.
        public var nonce: String
        /// The run.
        public var run: RunID
        /// The lease that the coordinator speaks for; the agent repeats it.
        public var epoch: Epoch
        /// Agent: distinguishes one start of the program from the next; coordinator: empty.
        public var incarnation: String

        /// Makes a greeting.
        public init(
            role: Role, purpose: Purpose, version: Int = ProtocolVersion.current, program: String, catalogue: String,
            features: [String] = [], nonce: String, run: RunID, epoch: Epoch, incarnation: String = ""
        ) {
            self.role = role
            self.purpose = purpose
            self.version = version
            self.program = program
            self.catalogue = catalogue
            self.features = features
            self.nonce = nonce
            self.run = run
            self.epoch = epoch
            self.incarnation = incarnation
        }
    }

    /// Shows that the sender knows the run's token, without saying it.
    public struct Proof: Hashable, Sendable, Codable {
        /// HMAC-SHA256 over the other side's nonce, 64 hexadecimal digits.
        public var mac: String

        /// Wraps a code.
        public init(mac: String) { self.mac = mac }
    }

    /// A sign of life.
    public struct Ping: Hashable, Sendable, Codable {
        /// A number that the answer repeats.
        public var number: Int

        /// Makes a sign of life.
        public init(number: Int) { self.number = number }
    }

    /// What was wrong with a line or a request.
    public struct ErrorReport: Hashable, Sendable, Codable {
        /// What kind of error: one of `ErrorCode`, or one that a newer peer knows.
        public var code: String
        /// One sentence for people.
        public var message: String

        /// Describes an error.
        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The tests of one mode that are offered to one lane.
    public struct Shard: Hashable, Sendable, Codable {
        /// The lane, from 0.
        public var lane: Int
        /// The environment that the lane must hold; nil for tests that need none.
        public var environment: EnvironmentRequest?
        /// The tests that `start` may name from now on, in addition to those offered before.
        public var candidates: [TestCase]

        /// Offers tests to a lane.
        public init(lane: Int, environment: EnvironmentRequest?, candidates: [TestCase]) {
            self.lane = lane
            self.environment = environment
            self.candidates = candidates
        }
    }

    /// The order to run one test.
    public struct Start: Hashable, Sendable, Codable {
        /// The attempt; a repeated number is the same order and is not carried out twice.
        public var attempt: AttemptID
        /// The test, a candidate of the lane.
        public var test: TestID
        /// The lane, from 0.
        public var lane: Int
        /// The lease under which it is given.
        public var epoch: Epoch

        /// Orders an attempt.
        public init(attempt: AttemptID, test: TestID, lane: Int, epoch: Epoch) {
            self.attempt = attempt
            self.test = test
            self.lane = lane
            self.epoch = epoch
        }
    }

    /// The order to stop one attempt.
    public struct Cancel: Hashable, Sendable, Codable {
        /// The attempt.
        public var attempt: AttemptID
        /// Why, for people.
        public var reason: String

        /// Stops an attempt.
        public init(attempt: AttemptID, reason: String) {
            self.attempt = attempt
            self.reason = reason
        }
    }

    /// What the agent may forget.
    public struct Acknowledge: Hashable, Sendable, Codable {
        /// All results up to this number are safe.
        public var through: Int

        /// Acknowledges results.
        public init(through: Int) { self.through = through }
    }

    /// The end of the run for this agent.
    public struct Finish: Hashable, Sendable, Codable {
        /// Why, for people.
        public var reason: String

        /// Ends the run.
        public init(reason: String) { self.reason = reason }
    }

    /// A request for a file that an attempt left.
    public struct Fetch: Hashable, Sendable, Codable {
        /// The attempt.
        public var attempt: AttemptID
        /// The artifact's path, as the result named it.
        public var path: String

        /// Asks for a file.
        public init(attempt: AttemptID, path: String) {
            self.attempt = attempt
            self.path = path
        }
    }

    /// The state of a lane's environment.
    public struct EnvironmentState: Hashable, Sendable, Encodable {
        /// Where an environment stands.
        public enum State: String, Hashable, Sendable, Codable { case starting, ready, failed, down }

        /// The lane, from 0.
        public var lane: Int
        /// The mode.
        public var mode: Mode
        /// Where it stands.
        public var state: State
        /// How it is isolated, once known.
        public var driver: Driver?
        /// Its services, once ready.
        public var services: [ServiceInfo]
        /// Seconds from the request to this state.
        public var seconds: Double
        /// Why it failed: the service, what was tried and the last lines of its log.
        public var message: String?

        /// Describes a state.
        public init(
            lane: Int, mode: Mode, state: State, driver: Driver? = nil, services: [ServiceInfo] = [],
            seconds: Double = 0, message: String? = nil
        ) {
            self.lane = lane
            self.mode = mode
            self.state = state
            self.driver = driver
            self.services = services
            self.seconds = seconds
            self.message = message
        }
    }

    /// An attempt has begun.
    public struct Started: Hashable, Sendable, Codable {
        /// The attempt.
        public var attempt: AttemptID
        /// The lane, from 0.
        public var lane: Int
        /// The slot of the host, from 0.
        public var slot: Int
        /// The lease under which it was ordered.
        public var epoch: Epoch

        /// Announces an attempt.
        public init(attempt: AttemptID, lane: Int, slot: Int, epoch: Epoch) {
            self.attempt = attempt
            self.lane = lane
            self.slot = slot
            self.epoch = epoch
        }
    }

    /// An attempt has ended.
    public struct Result: Hashable, Sendable, Codable {
        /// The agent's number of this result, from 1 without gaps, within one incarnation.
        public var sequence: Int
        /// The attempt.
        public var attempt: AttemptID
        /// The test.
        public var test: TestID
        /// The lane, from 0.
        public var lane: Int
        /// The slot of the host, from 0.
        public var slot: Int
        /// The lease under which it was ordered.
        public var epoch: Epoch
        /// What happened.
        public var result: AttemptResult

        /// Reports an ended attempt.
        public init(
            sequence: Int, attempt: AttemptID, test: TestID, lane: Int, slot: Int, epoch: Epoch, result: AttemptResult
        ) {
            self.sequence = sequence
            self.attempt = attempt
            self.test = test
            self.lane = lane
            self.slot = slot
            self.epoch = epoch
            self.result = result
        }
    }

    /// A piece of a fetched file.
    public struct Chunk: Hashable, Sendable, Encodable {
        /// The attempt.
        public var attempt: AttemptID
        /// The artifact's path.
        public var path: String
        /// Where the piece begins, in bytes.
        public var offset: Int
        /// The bytes, base64; at most 512 KiB before encoding.
        public var data: String
        /// Whether this was the last piece; the field is named `last`.
        public var isLast: Bool

        enum CodingKeys: String, CodingKey {
            case attempt, path, offset, data
            case isLast = "last"
        }

        /// Wraps a piece.
        public init(attempt: AttemptID, path: String, offset: Int, data: String, isLast: Bool) {
            self.attempt = attempt
            self.path = path
            self.offset = offset
            self.data = data
            self.isLast = isLast
        }
    }

    /// Something people should know.
    public struct Log: Hashable, Sendable, Codable {
        /// How much it matters.
        public enum Level: String, Hashable, Sendable, Codable { case debug, info, warning, error }

        /// How much it matters.
        public var level: Level
        /// One sentence.
        public var message: String

        /// Wraps a sentence.
        public init(level: Level, message: String) {
            self.level = level
            self.message = message
        }
    }

    /// The agent's last line.
    public struct Bye: Hashable, Sendable, Encodable {
        /// What could not be removed, one path or process a line; empty when nothing stayed.
        public var leftovers: [String]
        /// Who told the agent to leave its host, so that it must not be started there again; nil when nobody did.
        public var evictedBy: String?
        /// The environments that stay, because the coordinator asked for that at the start; by name.
        public var kept: [String]

        /// Says farewell.
        public init(leftovers: [String] = [], evictedBy: String? = nil, kept: [String] = []) {
            self.leftovers = leftovers
            self.evictedBy = evictedBy
            self.kept = kept
        }
    }
}
