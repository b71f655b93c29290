/// What the user is told when a host key is refused.
extension SSHError {
    static func refused(
        _ key: HostKey, because verdict: KnownHosts.Verdict, policy: KnownHostsPolicy, target: SSHTarget
    ) -> SSHError {
        let name = KnownHosts.name(host: target.keyName.host, port: target.keyName.port)
        let file = policy.files.first ?? "~/.ssh/known_hosts"
        let line = "\(name) \(key.text)"
        let shown = "\(key.kind) \(key.fingerprint)"
        switch verdict {
        case .known, .unknown:
            return SSHError(
                code: .hostKeyUnknown, stage: .hostKey, target: target.name,
                message: "the host key \(shown) of \(name) is in none of \(policy.files.joined(separator: ", "))",
                advice: "Compare it with what `ssh-keygen -lf` says of the key in /etc/ssh on that machine, then add "
                    + "this line to \(file), or say --host-key accept-new: \(line)")
        case .changed(let entry):
            return SSHError(
                code: .hostKeyChanged, stage: .hostKey, target: target.name,
                message: "the host key of \(name) is \(shown), but line \(entry.number) of \(entry.file) holds another "
                    + "key (\(entry.line.kind))",
                advice: "Somebody may be listening in between. Only if the machine was set up anew: run `ssh-keygen "
                    + "-R '\(name)' -f \(entry.file)`, then add this line to it: \(line)")
        case .revoked(let entry):
            return SSHError(
                code: .hostKeyRevoked, stage: .hostKey, target: target.name,
                message: "the host key \(shown) of \(name) is revoked by line \(entry.number) of \(entry.file)",
                advice: "Give the machine a new host key.")
        }
    }
}
