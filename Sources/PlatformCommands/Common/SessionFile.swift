import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The login of whoever uses this machine's account: a file of mode 0600 below `$XDG_STATE_HOME`.
struct SessionFile: Sendable {
    /// What is kept.
    struct Session: Sendable, Codable, Hashable {
        /// The control center that the tokens came from; they are sent for no other.
        let controlCenter: String
        let username: String
        let token: String
        let refreshToken: String
    }

    private let directory: String
    private var file: String { "\(directory)/session.json" }

    /// The file of this account.
    init(environment: [String: String]) {
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        directory = (state ?? (environment["HOME"] ?? "/") + "/.local/state") + "/provisioning"
    }

    /// The session with that control center, nil when nobody is logged in there.
    func read(for controlCenter: String) -> Session? {
        guard (try? PrivateDirectory.check(directory)) != nil,
            let content = FileManager.default.contents(atPath: file),
            let session = try? JSONDecoder().decode(Session.self, from: content)
        else { return nil }
        return session.controlCenter == controlCenter ? session : nil
    }

    /// Keeps a session. Throws when it cannot be written for our eyes only.
    func write(_ session: Session) throws {
        try PrivateDirectory.ensure(directory)
        try AtomicFile.write(JSONEncoder().encode(session), to: file, mode: 0o600)
    }

    /// Forgets the session.
    func remove() { _ = DirectoryTree.remove(file) }

    /// Does something while no other command changes the session: a refresh token is good for one use. Throws after half a minute.
    func exclusively<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try PrivateDirectory.ensure(directory)
        guard let lock = try await FileLock.acquire("\(directory)/lock", within: .seconds(30)) else {
            throw CommandFailure(
                .failed, "another command holds \(directory)/lock for half a minute; end it, or try again")
        }
        defer { lock.release() }
        return try await body()
    }
}
