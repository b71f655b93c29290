internal import NIOCore

/// What a server offers at the start of the key exchange (RFC 4253, section 7.1).
struct ServerProposal: Hashable {
    /// What both sides must have one of in common.
    enum Subject: String, CaseIterable {
        case keyExchange = "key exchange"
        case hostKey = "kind of host key"
        case cipher
        case mac = "MAC"
    }

    private(set) var offers: [Subject: [String]] = [:]

    /// Reads the body of a KEXINIT message; nil when it is none.
    init?(_ body: [UInt8]) {
        var reader = WireReader(body)
        guard reader.skip([20]), reader.take(16) != nil else { return nil }
        // Key exchange, host key, cipher there, cipher here, MAC there, MAC here.
        let lists: [Subject?] = [.keyExchange, .hostKey, .cipher, nil, .mac, nil]
        for subject in lists {
            guard let list = reader.string() else { return nil }
            guard let subject else { continue }
            offers[subject] = String(decoding: list, as: UTF8.self).split(separator: ",").map(String.init)
        }
    }

    /// Of what there is nothing in common with a list for each subject, with what the server offers instead.
    func gaps(with ours: [Subject: Set<String>]) -> [Gap] {
        Subject.allCases.compactMap { subject in
            guard let offered = offers[subject], let ours = ours[subject], !offered.contains(where: ours.contains)
            else { return nil }
            return Gap(subject: subject, offered: offered)
        }
    }

    /// One subject without anything in common.
    struct Gap: Hashable {
        let subject: Subject
        let offered: [String]

        /// What the server's owner can do.
        var advice: String {
            switch subject {
            case .keyExchange: "add curve25519-sha256 to KexAlgorithms in its sshd_config"
            case .hostKey: "give the machine an ed25519 host key (`ssh-keygen -A` there, then restart its sshd)"
            case .cipher: "add aes256-ctr to Ciphers in its sshd_config"
            case .mac: "add hmac-sha2-256 to MACs in its sshd_config, beside those that end in -etm"
            }
        }
    }
}

/// Finds the server's proposal in the first bytes of a connection, which are in the clear.
struct ProposalReader {
    private enum State {
        case awaiting(ByteBuffer)
        case found(ServerProposal)
        case hopeless
    }

    private var state = State.awaiting(ByteBuffer())
    /// No proposal is longer; OpenSSH's has about 1,000 bytes.
    private static let mostBytes = 64 * 1024

    /// The proposal, once it has arrived.
    var proposal: ServerProposal? {
        if case .found(let proposal) = state { return proposal }
        return nil
    }

    /// Looks at bytes that the server sent.
    mutating func add(_ bytes: ByteBuffer) {
        guard case .awaiting(var seen) = state else { return }
        seen.writeImmutableBuffer(bytes)
        state = Self.look(at: seen)
    }

    private static func look(at seen: ByteBuffer) -> State {
        var rest = seen
        // Lines, the last of which is the banner; then a packet: length, length of padding, message.
        while true {
            guard let end = rest.readableBytesView.firstIndex(of: 10),
                let line = rest.readBytes(length: end - rest.readerIndex + 1)
            else { return seen.readableBytes > mostBytes ? .hopeless : .awaiting(seen) }
            if line.starts(with: Array("SSH-".utf8)) { break }
        }
        guard let length = rest.readInteger(as: UInt32.self), let padding = rest.readInteger(as: UInt8.self)
        else { return .awaiting(seen) }
        guard length < mostBytes, length > UInt32(padding) + 1 else { return .hopeless }
        guard let body = rest.readBytes(length: Int(length) - Int(padding) - 1) else { return .awaiting(seen) }
        return ServerProposal(body).map(State.found) ?? .hopeless
    }
}
