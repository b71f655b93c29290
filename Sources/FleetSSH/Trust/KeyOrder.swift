/// Decides which keys are offered, and in which order. No file and no agent is touched here.
struct KeyOrder {
    /// One key to offer.
    enum Choice: Hashable {
        /// The file with this index, as it is.
        case file(Int)
        /// The same, once somebody has typed its passphrase.
        case unlock(Int)
        case agent(AgentIdentity)
    }

    /// What there is.
    var files: [Result<KeyFile, KeyFile.Fault>]
    /// True when the user named the files: then a passphrase is asked for.
    var areNamed: Bool
    /// Whether a named file that cannot be used ends the login; else it is passed over, as long as there is another key.
    var mustBeUsable = true
    var agentKeys: [AgentIdentity]
    var identitiesOnly: Bool
    /// True when RSA keys work with current servers.
    var signsRSA: Bool

    /// What is offered, and what the user should know of the rest when none is accepted.
    struct Plan {
        var choices: [Choice] = []
        var remarks: [String] = []
    }

    /// The keys that files name come first, from the agent where it holds them; then what else the agent has. Kinds
    /// that most servers refuse come last, and nobody is asked for the passphrase of a file that was not named as
    /// long as there is another key.
    func plan() throws(KeyFile.Fault) -> Plan {
        var plan = Plan()
        var locked: [Int] = []
        var absent: [String] = []
        var faults: [KeyFile.Fault] = []
        for (index, file) in files.enumerated() {
            do {
                guard let choice = try choice(index, try file.get()) else { continue }
                if case .unlock = choice, !areNamed { locked.append(index) } else { plan.choices.append(choice) }
            } catch {
                if areNamed, mustBeUsable { throw error }
                faults.append(error)
                if error.isAbsence { absent.append(error.message) } else { plan.remarks.append(error.message) }
            }
        }
        if !identitiesOnly {
            let taken = Set(plan.choices)
            plan.choices += usableAgentKeys.map(Choice.agent).filter { !taken.contains($0) }
        }
        plan.choices = plan.choices.filter { !isRefusedByMost($0) } + plan.choices.filter(isRefusedByMost)
        if plan.choices.isEmpty {
            // The fault of the only key says what to do about it.
            if areNamed, faults.count == 1, locked.isEmpty { throw faults[0] }
            plan.choices = locked.map(Choice.unlock)
            plan.remarks += absent
        } else {
            plan.remarks += locked.compactMap { try? files[$0].get().locked.message }
        }
        return plan
    }

    private func choice(_ index: Int, _ file: KeyFile) throws(KeyFile.Fault) -> Choice? {
        if let blob = file.publicBlob, let held = usableAgentKeys.first(where: { $0.blob == blob }) {
            return .agent(held)
        }
        switch file.finding.form {
        case .plain: return .file(index)
        case .encrypted: return .unlock(index)
        case .publicHalf: throw file.halfOnly
        case .unusable(let message, let advice): throw KeyFile.Fault(message: message, advice: advice)
        }
    }

    /// Certificates and keys of security keys need more than libssh2 can send.
    private var usableAgentKeys: [AgentIdentity] { agentKeys.filter { KeyText.kinds.contains($0.kind) } }

    private func isRefusedByMost(_ choice: Choice) -> Bool {
        guard !signsRSA else { return false }
        switch choice {
        case .agent(let identity): return identity.kind == "ssh-rsa"
        case .file(let index), .unlock(let index): return (try? files[index].get().kind) == "ssh-rsa"
        }
    }
}
