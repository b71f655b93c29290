/// The sentences, in one place, so that each failure says the same wherever it is noticed.
extension SSHError {
    static func timedOut(_ stage: Stage, after limit: Duration, target: SSHTarget) -> SSHError {
        let (message, advice): (String, String) =
            switch stage {
            case .resolve: ("looking the name up took too long", "Check the name servers of this machine.")
            case .connect:
                ("nothing answered", "Check the address, that the machine is up, and that no firewall drops the port.")
            case .banner:
                (
                    "something accepted the connection but sent no SSH banner",
                    "Check that an SSH server listens on port \(target.port), and that the machine is not stuck."
                )
            case .keyExchange, .hostKey:
                ("the server stopped in the middle of the key exchange", "Look at the log of its sshd.")
            case .login:
                ("the server did not answer the login", "Look at the log of its sshd (PAM, DNS, home directory).")
            case .channel: ("the server did not open the channel", "Check that the machine is not overloaded.")
            case .command: ("the command did not end in time", "Raise its limit, or look at what it waits for.")
            case .transfer: ("the upload made no progress", "Check the disk of the machine and the network to it.")
            }
        return SSHError(
            code: .timedOut, stage: stage, target: target.name, message: "\(message) (limit \(limit.inSeconds))",
            advice: advice)
    }

    static func lost(_ stage: Stage, _ reason: EndReason, target: SSHTarget) -> SSHError {
        switch (stage, reason) {
        case (.banner, .server(let words)) where !words.contains("MaxStartups"):
            SSHError(
                code: .protocolFailure, stage: stage, target: target.name,
                message: "the server closed the connection instead of sending an SSH banner\(reason.words)",
                advice: "Check that an SSH server listens on port \(target.port), and PerSourcePenalties in its "
                    + "sshd_config(5).")
        case (.banner, _):
            SSHError(
                code: .closedBeforeBanner, stage: stage, target: target.name,
                message: "the server closed the connection before its banner\(reason.words)",
                advice: "Too many logins may be under way there: see MaxStartups in sshd_config(5).")
        case (.login, .server(let words)) where words.contains("authentication failures"):
            SSHError(
                code: .loginDenied, stage: stage, target: target.name,
                message: "too many keys were refused\(reason.words)",
                advice: "Name only the key that is meant for this machine, with identity=PATH.")
        default:
            SSHError(
                code: .connectionLost, stage: stage, target: target.name,
                message: "the connection was lost\(reason.words)",
                advice: "Check the network and the log of the machine's sshd.")
        }
    }

    static func closed(_ stage: Stage, target: SSHTarget) -> SSHError {
        SSHError(
            code: .closed, stage: stage, target: target.name, message: "it was closed by this side", advice: "")
    }

    static func closedThere(_ stage: Stage, target: SSHTarget) -> SSHError {
        SSHError(
            code: .closed, stage: stage, target: target.name, message: "it was closed by the other side", advice: "")
    }

    static func cancelled(_ stage: Stage, target: SSHTarget) -> SSHError {
        SSHError(code: .cancelled, stage: stage, target: target.name, message: "it was cancelled", advice: "")
    }

    static func library(_ failure: LibraryFailure, _ stage: Stage, target: SSHTarget) -> SSHError {
        let advice =
            switch stage {
            case .keyExchange:
                "Debian 12's libssh2 needs a server with an ed25519 or ECDSA host key, an aes-ctr cipher and an "
                    + "hmac-sha2 MAC: compare with `sshd -T` there."
            default: "Look at the log of the machine's sshd."
            }
        return SSHError(
            code: .protocolFailure, stage: stage, target: target.name, message: failure.description, advice: advice)
    }

    static func nothingInCommon(_ gaps: [ServerProposal.Gap], target: SSHTarget) -> SSHError {
        let lacks = gaps.map { gap in
            let offered = EndReason.printable(gap.offered.joined(separator: ", "))
            return "no \(gap.subject.rawValue) (it offers only \(offered))"
        }
        return SSHError(
            code: .nothingInCommon, stage: .keyExchange, target: target.name,
            message: "the server and this side's libssh2 \(SSHLibrary.version) have in common "
                + lacks.joined(separator: " and "),
            advice: "On that machine: \(gaps.map(\.advice).joined(separator: "; and ")).")
    }

    static func loginDenied(
        keys: [String], isOutdated: Bool = false, remarks: [String] = [], target: SSHTarget
    ) -> SSHError {
        let message =
            "the server accepted none of the keys \(keys.joined(separator: ", ")) for user \(target.user)"
            + remarks.map { "; \($0)" }.joined()
        let advice =
            if isOutdated {
                "This libssh2 (\(SSHLibrary.version)) signs RSA keys only with SHA-1, which OpenSSH refuses since 8.8: "
                    + "make an ed25519 key (`ssh-keygen -t ed25519`), add its public half to "
                    + "~\(target.user)/.ssh/authorized_keys there, and name it with identity=PATH."
            } else {
                "Add the public half of one to ~\(target.user)/.ssh/authorized_keys there, or name another key "
                    + "with identity=PATH."
            }
        return SSHError(code: .loginDenied, stage: .login, target: target.name, message: message, advice: advice)
    }

    static func refused(channel what: String, _ failure: LibraryFailure, target: SSHTarget) -> SSHError {
        let isForbidden = what.hasPrefix("tunnel") && failure.text.contains("administratively")
        let advice =
            if isForbidden {
                "Allow it there: AllowTcpForwarding and PermitOpen in sshd_config(5), permitopen in authorized_keys."
            } else if what.hasPrefix("tunnel") {
                "Check that the program on that port is running."
            } else {
                "Check MaxSessions, ForceCommand and the user's shell in sshd_config(5) and passwd(5)."
            }
        return SSHError(
            code: isForbidden ? .forwardingForbidden : .channelRefused, stage: .channel, target: target.name,
            message: "the server refused the \(what): \(failure.text)", advice: advice)
    }
}

extension Duration {
    /// The duration in seconds with at most three digits, for messages.
    var inSeconds: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
        return "\(Double(milliseconds) / 1000) s"
    }
}
