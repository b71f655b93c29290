import Testing

@testable import FleetSSH

@Suite("The steps of a login")
struct LoginSequenceTests {
    private let key = HostKey(blob: [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [1, 2, 3], sha256: [7])

    private func sequence(
        keys: [String] = ["a", "b"], knowing line: String? = nil,
        _ policy: KnownHostsPolicy.UnknownHost = .refuse
    ) -> LoginSequence {
        var hosts = KnownHosts()
        hosts.add(text: line ?? "h \(key.text)", file: "f", host: "h", port: 22, hashed: HashedNameMatcher())
        return LoginSequence(
            target: SSHTarget(host: "h", user: "u", knownHosts: KnownHostsPolicy(unknownHost: policy)),
            knownHosts: hosts, keys: LoginKeys(keys: keys.map { Self.key($0) }))
    }

    private static func key(_ name: String, kind: String = "ssh-ed25519") -> LoginKey {
        let identity = AgentIdentity(blob: [], comment: name)
        return LoginKey(source: .agent(identity, AgentClient(path: "/none")), name: name, kind: kind)
    }

    @Test("Banner, keys, host key, first key, second key, done")
    func straight() {
        var sequence = sequence()
        #expect(sequence.stage == .banner)
        #expect(sequence.bannerArrived().name == "goOn")
        #expect(sequence.bannerArrived().name == "nothing")
        #expect(sequence.stage == .keyExchange)
        #expect(sequence.keysExchanged(hostKey: key).name == "offerKey(0)")
        #expect(sequence.stage == .login)
        #expect(sequence.keyAnswered(accepted: false).name == "offerKey(1)")
        #expect(sequence.keyAnswered(accepted: true).name == "succeed")
        #expect(sequence.limit == nil)
        #expect(sequence.timeIsUp().name == "nothing")
        #expect(sequence.connectionEnded(.unknown).name == "nothing")
    }

    @Test("An unknown key is remembered or refused, as the policy says")
    func unknown() {
        var refusing = sequence(knowing: "")
        #expect(refusing.keysExchanged(hostKey: key).error?.code == .hostKeyUnknown)
        #expect(refusing.keyAnswered(accepted: true).name == "nothing")
        var accepting = sequence(knowing: "", .acceptNew)
        #expect(accepting.keysExchanged(hostKey: key).name == "remember")
        #expect(accepting.stage == .hostKey)
        #expect(accepting.remembered(.success(.known)).name == "offerKey(0)")
        var late = sequence(knowing: "", .acceptNew)
        _ = late.keysExchanged(hostKey: key)
        #expect(late.remembered(.success(.unknown)).error?.code == .hostKeyUnknown)
    }

    @Test("Time-outs and losses name the stage", arguments: [0, 1, 2])
    func stages(steps: Int) {
        for end in ["time", "loss"] {
            var sequence = sequence()
            if steps > 0 { _ = sequence.bannerArrived() }
            if steps > 1 { _ = sequence.keysExchanged(hostKey: key) }
            let stage = [SSHError.Stage.banner, .keyExchange, .login][steps]
            let error = end == "time" ? sequence.timeIsUp().error : sequence.connectionEnded(.unknown).error
            #expect(error?.stage == stage)
            #expect(sequence.timeIsUp().name == "nothing", "it fails once")
        }
    }

    @Test("At most five keys are offered, and no keys are a refused login")
    func limits() {
        var sequence = sequence(keys: (0..<9).map(String.init))
        _ = sequence.keysExchanged(hostKey: key)
        for _ in 0..<4 { #expect(sequence.keyAnswered(accepted: false).name.hasPrefix("offerKey")) }
        #expect(sequence.keyAnswered(accepted: false).error?.code == .loginDenied)
        var none = self.sequence(keys: [])
        #expect(none.keysExchanged(hostKey: key).error?.code == .loginDenied)
    }

    @Test("An agent's signature is awaited without a limit of the stage, and the limit begins anew after it")
    func signing() {
        var sequence = sequence()
        _ = sequence.keysExchanged(hostKey: key)
        #expect(sequence.signatureAnswered(nil).name == "nothing", "nobody asked")
        #expect(sequence.signatureWanted().name == "sign(0)")
        #expect(sequence.stage == .login)
        #expect(sequence.limit == nil)
        #expect(sequence.keyAnswered(accepted: true).name == "nothing")
        #expect(sequence.signatureAnswered(nil).name == "goOn")
        #expect(sequence.limit == sequence.target.timeouts.login)
        #expect(sequence.keyAnswered(accepted: true).name == "succeed")
    }

    @Test("An agent that does not sign costs its key, and the error says why")
    func notSigned() {
        var sequence = sequence()
        _ = sequence.keysExchanged(hostKey: key)
        _ = sequence.signatureWanted()
        #expect(sequence.signatureAnswered("the agent is locked").name == "goOn")
        #expect(sequence.keyAnswered(accepted: false).name == "offerKey(1)")
        let error = sequence.keyAnswered(accepted: false).error
        #expect(error?.code == .loginDenied)
        #expect(error?.message.contains("the agent is locked") == true)
    }

    @Test("A connection that ends while an agent signs is told as lost")
    func lostWhileSigning() {
        var sequence = sequence()
        _ = sequence.keysExchanged(hostKey: key)
        _ = sequence.signatureWanted()
        #expect(sequence.connectionEnded(.unknown).error?.code == .connectionLost)
        #expect(sequence.signatureAnswered(nil).name == "nothing")
    }

    @Test("Only what a server drops by chance is tried again, after growing and random pauses")
    func retry() {
        let target = SSHTarget(host: "h", user: "u")
        var retry = ConnectRetry()
        #expect(retry.delay(after: .lost(.login, .unknown, target: target), random: 0) == nil)
        #expect(retry.delay(after: .lost(.banner, .server("go away"), target: target), random: 0) == nil)
        retry = ConnectRetry()
        let dropped = SSHError.lost(.banner, .server("Exceeded MaxStartups"), target: target)
        var delays: [Duration] = []
        while let delay = retry.delay(after: dropped, random: 1) { delays.append(delay) }
        #expect(delays.count == ConnectRetry.most - 1)
        #expect(delays.first == .seconds(0.1))
        #expect(delays.last == .seconds(3))
        #expect(delays == delays.sorted())
    }
}

extension LoginSequence.Action {
    fileprivate var name: String {
        switch self {
        case .goOn: "goOn"
        case .remember: "remember"
        case .offerKey(let number): "offerKey(\(number))"
        case .sign(let number): "sign(\(number))"
        case .succeed: "succeed"
        case .fail: "fail"
        case .nothing: "nothing"
        }
    }

    fileprivate var error: SSHError? {
        if case .fail(let error) = self { return error }
        return nil
    }
}
