internal import NIOPosix

/// Opens private keys that have a passphrase: asks for it, tries it, and remembers the opened key for the life of the
/// object, so that a fleet of hosts asks once.
public actor KeyUnlocker {
    /// What is asked.
    public struct Question: Sendable, Hashable {
        /// The key file.
        public let path: String
        /// How often an answer for this key was wrong before, from 0.
        public let wrongAnswers: Int
    }

    /// Asks somebody; nil when there is nobody or they decline. Must return in bounded time.
    private let ask: @Sendable (Question) async -> String?
    private var keys: [String: Task<PrivateKey?, Never>] = [:]
    private var isSealed = false

    /// So many answers are tried.
    static let mostAnswers = 3

    /// Makes one; `ask` is called once at a time for each key file.
    public init(_ ask: @escaping @Sendable (Question) async -> String?) { self.ask = ask }

    /// From now on nobody is asked any more; keys that are open stay so.
    public func seal() { isSealed = true }

    /// The opened key; nil when nobody could open it. That too is remembered.
    func open(_ file: KeyFile) async -> PrivateKey? {
        if let known = keys[file.path] { return await known.value }
        guard !isSealed else { return nil }
        // Awaited by everybody who needs the key; bounded by the number of answers.
        let task = Task { [ask] in await Self.open(file, ask) }
        keys[file.path] = task
        return await task.value
    }

    private static func open(
        _ file: KeyFile, _ ask: @Sendable (Question) async -> String?
    ) async -> PrivateKey? {
        for wrongAnswers in 0..<mostAnswers {
            guard let passphrase = await ask(Question(path: file.path, wrongAnswers: wrongAnswers)) else { return nil }
            let key = PrivateKey(file, passphrase: passphrase)
            // The key is derived where blocking harms nobody.
            let isRight = try? await NIOThreadPool.singleton.runIfActive { KeyProbe.opens(key) }
            if isRight == true { return key }
        }
        return nil
    }
}
