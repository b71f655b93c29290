import FleetSystem
import NIOPosix
import PlatformService

/// A few connections to one database, used from threads of their own, so that no event loop waits for the database.
///
/// A connection that the server has closed (it was restarted) is replaced; what was being done on it fails with
/// `.unavailable`, unless nothing had been done yet: then it is done on the new one.
public final class PostgresPool: Sendable {
    private let settings: PostgresSettings
    private let threads: NIOThreadPool
    private let idle = Locked<[Held]>([])

    /// Handed from thread to thread, one at a time.
    private struct Held: @unchecked Sendable { let connection: PostgresConnection }

    /// A pool of at most so many connections. Connects when it is used.
    public init(_ settings: PostgresSettings, connections: Int = 4) {
        self.settings = settings
        threads = NIOThreadPool(numberOfThreads: connections)
        threads.start()
    }

    /// Runs one statement in a transaction of its own.
    @discardableResult
    public func query(_ statement: String, _ parameters: [String?] = []) async throws -> [PostgresRow] {
        try await transaction { try $0.query(statement, parameters) }
    }

    /// Runs the body in a transaction: committed when it returns, rolled back when it throws. The body blocks a thread.
    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await threads.runIfActive {
            let connection = try self.begun()
            do {
                let result = try body(connection)
                try connection.query("COMMIT")
                self.idle.withLock { $0.append(Held(connection: connection)) }
                return result
            } catch {
                if connection.isOpen, (try? connection.query("ROLLBACK")) != nil {
                    self.idle.withLock { $0.append(Held(connection: connection)) }
                }
                throw error
            }
        }
    }

    /// Closes every connection; what is running ends first.
    public func close() async {
        try? await threads.shutdownGracefully()
        idle.withLock { $0 = [] }
    }

    /// A connection with a transaction begun.
    private func begun() throws -> PostgresConnection {
        while let held = idle.withLock({ $0.popLast() }) {
            // One that the server closed meanwhile fails here, before anything was done on it.
            if (try? held.connection.query("BEGIN")) != nil { return held.connection }
        }
        let connection = try PostgresConnection(settings)
        try connection.query("BEGIN")
        return connection
    }
}
