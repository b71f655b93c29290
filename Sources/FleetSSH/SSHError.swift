/// What went wrong with a host, at which stage, and what to do about it.
public struct SSHError: Error, Sendable, Hashable {
    /// What kind of failure it is; new codes may be added, so a switch over it needs a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code as text.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The stage took longer than its limit.
        public static let timedOut = Code("timed out")
        /// The name has no address.
        public static let notResolved = Code("not resolved")
        /// No TCP connection could be made.
        public static let notConnected = Code("not connected")
        /// The server closed the connection before its banner, most often because of its `MaxStartups`.
        public static let closedBeforeBanner = Code("closed before the banner")
        /// The connection ended, or was broken, later than that.
        public static let connectionLost = Code("connection lost")
        /// No file knows the host.
        public static let hostKeyUnknown = Code("host key unknown")
        /// The file holds another key for the host.
        public static let hostKeyChanged = Code("host key changed")
        /// The file says that the key is revoked.
        public static let hostKeyRevoked = Code("host key revoked")
        /// The known_hosts file could not be read or written.
        public static let knownHostsFile = Code("known_hosts file")
        /// A private key file cannot be used.
        public static let keyFile = Code("key file")
        /// The server accepted none of our keys.
        public static let loginDenied = Code("login denied")
        /// The two sides did not understand each other.
        public static let protocolFailure = Code("protocol failure")
        /// The two sides have no key exchange, kind of host key, cipher or MAC in common.
        public static let nothingInCommon = Code("nothing in common")
        /// The server refused a channel, a command or a tunnel.
        public static let channelRefused = Code("channel refused")
        /// The server forbids tunnels, or those to this port; the connection itself is good for commands.
        public static let forwardingForbidden = Code("forwarding forbidden")
        /// A file could not be sent.
        public static let transferFailed = Code("transfer failed")
        /// The file arrived with another SHA-256.
        public static let checksumMismatch = Code("checksum mismatch")
        /// The connection or the channel was closed in order: by our side, or by the program at the other end.
        public static let closed = Code("closed")
        /// The task that waited was cancelled.
        public static let cancelled = Code("cancelled")
    }

    /// Where on the way it happened.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// From the name to its addresses.
        case resolve
        /// Opening the TCP connection.
        case connect
        /// Waiting for the server's first line.
        case banner
        /// Agreeing on keys.
        case keyExchange = "key exchange"
        /// Checking the server's key.
        case hostKey = "host key"
        /// Proving who we are.
        case login
        /// Opening a channel or tunnel.
        case channel
        /// Running a command or using a tunnel.
        case command
        /// Sending a file.
        case transfer
    }

    /// What kind of failure it is.
    public let code: Code
    /// Where on the way it happened.
    public let stage: Stage
    /// The target, as `user@host:port`.
    public internal(set) var target: String
    /// What was tried and what happened, one sentence.
    public let message: String
    /// What to do about it.
    public let advice: String

    /// Makes an error.
    public init(code: Code, stage: Stage, target: String, message: String, advice: String) {
        self.code = code
        self.stage = stage
        self.target = target
        self.message = message
        self.advice = advice
    }
}

extension SSHError: CustomStringConvertible {
    /// One line: target, stage, what happened, what to do.
    public var description: String {
        "\(target): \(stage.rawValue): \(message)" + (advice.isEmpty ? "" : ". \(advice)")
    }
}
