internal import NIOCore

/// One key that an ssh-agent holds, as far as anybody may see it.
struct AgentIdentity: Hashable, Sendable {
    /// The public key as SSH sends it.
    let blob: [UInt8]
    /// What the user called it.
    let comment: String

    /// The kind of key, for example `ssh-ed25519`.
    var kind: String { WireReader.firstString(of: blob) ?? "unknown" }
}

/// What is asked of an ssh-agent (draft-ietf-sshm-ssh-agent, sections 3.5 and 3.6).
enum AgentRequest: Hashable, Sendable {
    case identities
    /// `flags` choose the hash of RSA signatures and are 0 for all other kinds.
    case signature(blob: [UInt8], data: [UInt8], flags: UInt32)

    /// The message with its length in front.
    var bytes: ByteBuffer {
        var body = ByteBuffer()
        switch self {
        case .identities: body.writeInteger(UInt8(11))
        case .signature(let blob, let data, let flags):
            body.writeInteger(UInt8(13))
            body.writeSSHString(blob)
            body.writeSSHString(data)
            body.writeInteger(flags)
        }
        var message = ByteBuffer()
        message.writeInteger(UInt32(body.readableBytes))
        message.writeBuffer(&body)
        return message
    }

    /// The flags for an algorithm that libssh2 has put into what is to be signed.
    static func flags(for algorithm: String) -> UInt32 {
        switch algorithm {
        case "rsa-sha2-256": 2
        case "rsa-sha2-512": 4
        default: 0
        }
    }
}

/// What an ssh-agent answered; whatever does not fit throws, and no number in it is believed before it is checked.
enum AgentAnswer {
    /// OpenSSH's agent keeps to the same limit.
    static let mostBytes = 256 * 1024
    /// So many keys are looked at; a server takes five of them at most.
    private static let mostIdentities = 1000

    /// The keys of an answer to `identities`.
    static func identities(_ body: [UInt8]) throws(AgentFailure) -> [AgentIdentity] {
        var reader = try reader(body, type: 12)
        guard let count = reader.number() else { throw .nonsense }
        var identities: [AgentIdentity] = []
        for _ in 0..<min(count, mostIdentities) {
            guard let blob = reader.string(), let comment = reader.string() else { throw .nonsense }
            identities.append(AgentIdentity(blob: blob, comment: EndReason.printable(comment)))
        }
        return identities
    }

    /// The signature itself, without the name of its algorithm, which must be the one that was asked for.
    static func signature(_ body: [UInt8], algorithm: String) throws(AgentFailure) -> [UInt8] {
        var reader = try reader(body, type: 14)
        guard let whole = reader.string() else { throw .nonsense }
        var inner = WireReader(whole)
        guard let name = inner.string(), let signature = inner.string(), !signature.isEmpty else { throw .nonsense }
        guard String(decoding: name, as: UTF8.self) == algorithm else {
            throw AgentFailure("it signed with another algorithm than \(algorithm)")
        }
        return signature
    }

    private static func reader(_ body: [UInt8], type: UInt8) throws(AgentFailure) -> WireReader {
        // 5 and its old spellings: the agent says no and never says why.
        if let first = body.first, [5, 30, 102].contains(first) { throw .refused }
        var reader = WireReader(body)
        guard reader.skip([type]) else { throw .nonsense }
        return reader
    }
}

/// Why an ssh-agent was of no use, in words that follow "the ssh-agent at PATH: ".
struct AgentFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static let refused = AgentFailure("it refused (is it locked, or did somebody decline the request?)")
    static let nonsense = AgentFailure("it answered with something that is no answer")
    static let closed = AgentFailure("it closed the connection without an answer")
    static let oversize = AgentFailure("its answer is longer than \(AgentAnswer.mostBytes / 1024) KiB")

    static func late(_ limit: Duration) -> AgentFailure { AgentFailure("it did not answer within \(limit.inSeconds)") }
}

extension ByteBuffer {
    /// A length and as many bytes.
    mutating func writeSSHString(_ bytes: [UInt8]) {
        writeInteger(UInt32(bytes.count))
        writeBytes(bytes)
    }
}
