internal import NIOCore
internal import NIOPosix

/// Whether another thread has the engine. Deriving a key from its passphrase takes long enough to hold up every other
/// session of the loop, so that one call of libssh2 runs on the thread pool; meanwhile the loop only keeps what the
/// network brings.
struct EngineLoan {
    private(set) var isLent = false
    /// What arrived meanwhile.
    private var held = ByteBuffer()
    private(set) var inputEnded = false
    /// True when libssh2 has something new to look at; without it another loan would find nothing.
    private(set) var isWorthwhile = true

    var heldBytes: Int { held.readableBytes }

    mutating func begin() {
        isLent = true
        isWorthwhile = false
    }

    /// Takes note that bytes went to the engine, or that another key comes.
    mutating func somethingNew() { isWorthwhile = true }

    mutating func hold(_ bytes: ByteBuffer) { held.writeImmutableBuffer(bytes) }

    mutating func holdEnd() { inputEnded = true }

    /// The engine is back; returns what arrived meanwhile.
    mutating func end() -> ByteBuffer {
        isLent = false
        defer { held = ByteBuffer() }
        if held.readableBytes > 0 { isWorthwhile = true }
        return held
    }
}

extension SSHSessionHandler {
    /// Lets libssh2 go on with a slow key on the thread pool.
    func logInElsewhere(with key: PrivateKey) {
        guard loan.isWorthwhile, !loan.isLent else { return }
        loan.begin()
        let user = target.user
        // Nobody touches the engine on the loop before `engineIsBack`; the hop back orders the two threads.
        nonisolated(unsafe) let engine = engine
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { engine.logIn(user: user, with: key) }
            .assumeIsolated().whenComplete { result in
                let stopped = Progress<Bool>.failed(LibraryFailure(code: 0, text: "the thread pool has stopped"))
                self.engineIsBack((try? result.get()) ?? stopped)
            }
    }

    private func engineIsBack(_ progress: Progress<Bool>) {
        engine.receive(loan.end())
        guard case .loggingIn(var sequence) = phase else { return letEngineGo() }
        let action = judge(progress, &sequence)
        phase = .loggingIn(sequence)
        perform(action)
        turn()
        if loan.inputEnded, !loan.isLent { inputEnded() }
    }
}
