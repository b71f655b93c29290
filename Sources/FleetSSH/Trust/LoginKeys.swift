internal import Logging
internal import NIOCore
internal import NIOPosix

/// One key of a login.
struct LoginKey: Sendable {
    enum Source: Sendable {
        case file(PrivateKey)
        case agent(AgentIdentity, AgentClient)
    }

    let source: Source
    /// How messages name it.
    let name: String
    let kind: String?
}

/// The keys that a login offers, in this order, and what else the user should know when none is accepted.
struct LoginKeys: Sendable {
    var keys: [LoginKey] = []
    var remarks: [String] = []

    static let usualFiles = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"]

    /// Reads the files, asks the agent, decides, and has opened what has a passphrase.
    static func load(
        for target: SSHTarget, on eventLoop: any EventLoop, logger: Logger
    ) async throws(SSHError) -> LoginKeys {
        let agent = AgentClient(target.identityAgent)
        var (agentKeys, agentRemark): ([AgentIdentity], String?) = ([], nil)
        if let agent {
            do {
                agentKeys = try await agent.identities(on: eventLoop, limit: target.timeouts.agent).cancellableValue()
                if agentKeys.isEmpty { agentRemark = "the ssh-agent at \(agent.path) holds no keys" }
            } catch {
                if Task.isCancelled { throw .cancelled(.login, target: target) }
                agentRemark = "the ssh-agent at \(agent.path): \(error)"
                logger.warning("\(agentRemark ?? "")", metadata: ["target": "\(target.name)"])
            }
        }
        let usesUsual = target.identityFiles.isEmpty && target.triesUsualFiles
        let files = await readFiles(usesUsual ? usualFiles : target.identityFiles)
        if Task.isCancelled { throw .cancelled(.login, target: target) }
        let order = KeyOrder(
            files: files, areNamed: !target.identityFiles.isEmpty, mustBeUsable: target.needsIdentityFiles,
            agentKeys: agentKeys,
            identitiesOnly: target.identitiesOnly, signsRSA: SSHLibrary.signsRSA)
        var result = LoginKeys()
        do throws(KeyFile.Fault) {
            let plan = try order.plan()
            result.remarks = plan.remarks + (agentRemark.map { [$0] } ?? [])
            for remark in plan.remarks {
                logger.notice("a key is passed over: \(remark)", metadata: ["target": "\(target.name)"])
            }
            for choice in plan.choices {
                do throws(KeyFile.Fault) {
                    let key = try await key(choice, files: files, agent: agent, unlocker: target.unlocker)
                    result.keys.append(key)
                } catch {
                    // A key that nobody opens is in the way of no other.
                    if plan.choices.count == 1 { throw error }
                    result.remarks.append(error.message)
                }
            }
        } catch {
            throw unusable(error, agentRemark, target: target)
        }
        guard result.keys.isEmpty else { return result }
        throw SSHError(
            code: .keyFile, stage: .login, target: target.name,
            message: "there is no key to log in with: \(result.remarks.joined(separator: "; "))",
            advice: "Make a key with `ssh-keygen -t ed25519`, or name one with identity=PATH, or give one to an "
                + "ssh-agent with `ssh-add`.")
    }

    private static func unusable(_ fault: KeyFile.Fault, _ remark: String?, target: SSHTarget) -> SSHError {
        SSHError(
            code: .keyFile, stage: .login, target: target.name,
            message: fault.message + (remark.map { " (\($0))" } ?? ""), advice: fault.advice)
    }

    private static func readFiles(_ paths: [String]) async -> [Result<KeyFile, KeyFile.Fault>] {
        let read = try? await NIOThreadPool.singleton.runIfActive {
            paths.map { path in Result { () throws(KeyFile.Fault) in try KeyFile.read(path) } }
        }
        return read ?? []
    }

    private static func key(
        _ choice: KeyOrder.Choice, files: [Result<KeyFile, KeyFile.Fault>], agent: AgentClient?, unlocker: KeyUnlocker?
    ) async throws(KeyFile.Fault) -> LoginKey {
        switch choice {
        case .file(let index):
            let file = try files[index].get()
            return LoginKey(source: .file(PrivateKey(file)), name: file.path, kind: file.kind)
        case .unlock(let index):
            let file = try files[index].get()
            guard let key = await unlocker?.open(file) else { throw file.locked }
            return LoginKey(source: .file(key), name: file.path, kind: file.kind)
        case .agent(let identity):
            guard let agent else { preconditionFailure("an agent's key comes from an agent") }
            let name = identity.comment.isEmpty ? identity.kind : identity.comment
            return LoginKey(source: .agent(identity, agent), name: "\(name) (ssh-agent)", kind: identity.kind)
        }
    }
}
