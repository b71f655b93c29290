import FleetSystem
import Logging
import PlatformService

/// What the platform wants the zone to say. Each wish is durable before the DNS server is asked, and is tried again until
/// the server says so: a lost server loses no registration.
actor DNSBook {
    /// Whose a name is: only he changes it.
    enum Owner: String, Sendable, Codable {
        case server, cluster, user
    }

    /// What one name should have; without entries it should be gone.
    struct Wish: Sendable, Codable, Hashable {
        var name: String
        var owner: Owner
        var entries: [DNSEntry]
        var isFulfilled = false
        /// True until the zone has said so once: till then the name may be somebody else's.
        var isNew = true
        /// Counts the changes of the wish.
        var revision = 0
    }

    /// How a registration went.
    enum Outcome: Sendable, Hashable {
        /// The server says so.
        case fulfilled
        /// The server cannot be reached; it is tried again.
        case waiting(reason: String)
        /// Somebody else registers the names of servers and clusters.
        case leftOut
    }

    nonisolated let client: DNSClient
    nonisolated let ttl: Int
    /// Whether servers and clusters get names by themselves.
    nonisolated let registersItself: Bool
    private let writer: any DNSWriter
    /// Addresses that only we give out: a name that has one is ours, whoever wrote it.
    private let networks: [IPv4Network]
    private let table: RecordTable<Wish>
    private let logger: Logger
    private var wishes: [DNSName: Wish]
    /// Why the first of those that wait still does.
    private var obstacle: String?
    /// Fulfilled when the last of the changes that have been asked for is over: one at a time, since a zone file is one file.
    private var last: OneShot<Void>?
    // Tries again what waits; ends when nothing does, or with `close`.
    private var retrying: Task<Void, Never>?

    /// Seconds between two tries: doubles from the first to the limit.
    private static let firstDelay = 0.5
    private static let longestDelay = 8.0

    /// Opens the book of that file.
    init(
        _ path: String, writer: any DNSWriter, client: DNSClient, networks: [IPv4Network], settings: DNSSettings,
        logger: Logger
    ) throws {
        let (table, stored) = try RecordTable<Wish>.open(path)
        self.table = table
        self.writer = writer
        self.client = client
        self.networks = networks
        ttl = settings.ttl
        registersItself = settings.registersItself
        self.logger = logger
        wishes = Dictionary(uniqueKeysWithValues: try stored.values.map { (try DNSName($0.name), $0) })
    }

    /// Takes up what waited when the orchestrator ended.
    func start() { if !waiting.isEmpty { retryLater() } }

    /// Stops trying; what waits is taken up by the next start.
    func close() async {
        retrying?.cancel()
        await table.close()
    }

    /// What the zone should say now, by name.
    var entries: [Wish] { wishes.values.filter { !$0.entries.isEmpty }.sorted { $0.name < $1.name } }

    /// Names that the server does not yet know or still knows.
    var waiting: [String] { wishes.values.filter { !$0.isFulfilled }.map(\.name).sorted() }

    /// One sentence about what waits, nil when nothing does.
    var problem: String? {
        let names = waiting
        guard let first = names.first else { return nil }
        return "\(names.count) changes of the zone wait, first \(first): \(obstacle ?? "not yet tried")"
    }

    /// Gives a name exactly these records. Throws when it is somebody else's, or the server does not want to.
    @discardableResult
    func set(_ name: DNSName, _ entries: [DNSEntry], owner: Owner) async throws -> Outcome {
        // What was registered before it was switched off is kept right until it goes.
        guard registersItself || owner == .user || wishes[name] != nil else { return .leftOut }
        if await holds(entries, of: name, owner: owner) { return .fulfilled }
        let before = wishes[name]
        if entries.contains(where: { $0.kind == .cname }), entries.count > 1 {
            throw PlatformError(.conflict, "the name \(name) cannot have a CNAME beside other records")
        }
        if let before, before.owner != owner, !before.entries.isEmpty {
            throw PlatformError(.conflict, "the name \(name) belongs to a \(before.owner.rawValue)")
        }
        let wish = Wish(
            name: name.description, owner: owner, entries: entries, isNew: before?.isNew ?? true,
            revision: (before?.revision ?? 0) + 1)
        return try await enter(wish, name, before: before)
    }

    /// Adds a record to those that somebody wants a name to have. Throws when it has it already, or is not his.
    func add(_ entry: DNSEntry, to name: DNSName) async throws -> Outcome {
        let before = wishes[name]?.entries ?? []
        guard !before.contains(where: { $0.kind == entry.kind && $0.value == entry.value }) else {
            throw PlatformError(.conflict, "the name \(name) has that record already")
        }
        return try await set(name, before + [entry], owner: .user)
    }

    /// Takes every record of a name away. A name that is not in the book is left alone.
    @discardableResult
    func remove(_ name: DNSName, owner: Owner) async throws -> Outcome {
        guard let before = wishes[name], before.owner == owner else { return registersItself ? .fulfilled : .leftOut }
        let wish = Wish(
            name: name.description, owner: owner, entries: [], isNew: before.isNew, revision: before.revision + 1)
        return try await enter(wish, name, before: before)
    }

    /// A name that the zone has and the book never had is somebody else's, say the zone's name server; one with an
    /// address of a server is what an orchestrator left that lost its data. Throws `.conflict` for the former.
    func checkForeign(_ name: DNSName) async throws {
        guard wishes[name]?.isNew ?? true else { return }
        let foreign = try await client.addresses(of: name).first { address in
            let isOurs = wishes[name]?.entries.contains(where: { $0.value == address.description }) ?? false
            return !isOurs && !networks.contains(where: { $0.contains(address) })
        }
        guard let foreign else { return }
        throw PlatformError(
            .conflict, "the DNS has \(name) already, as \(foreign), which is no server of ours")
    }
}

extension DNSBook {
    /// After a restart every server asks again for what it has: one question, and no change of the zone.
    private func holds(_ entries: [DNSEntry], of name: DNSName, owner: Owner) async -> Bool {
        guard let wish = wishes[name], wish.isFulfilled, wish.owner == owner, wish.entries == entries else {
            return false
        }
        return (try? await client.says(entries, of: name)) == true && wishes[name] == wish
    }

    private func enter(_ wish: Wish, _ name: DNSName, before: Wish?) async throws -> Outcome {
        wishes[name] = wish
        try await table.keep([(wish.name, wish)]).value().get()
        // While others wait, the server is known not to answer: nobody waits for a time-out again.
        if let obstacle, retrying != nil {
            retryLater()
            return .waiting(reason: obstacle)
        }
        do {
            try await fulfil(name)
            return .fulfilled
        } catch  where Task.isCancelled {
            // It says nothing about the server. The wish stays until it is fulfilled, or taken back by whoever cancelled.
            retryLater()
            throw CancellationError()
        } catch let error as PlatformError where error.kind == .unavailable {
            obstacle = error.message
            retryLater()
            return .waiting(reason: error.message)
        } catch {
            // The server does not want to: the book says again what the zone says.
            if wishes[name]?.revision == wish.revision {
                wishes[name] = before
                _ = await table.keep([(wish.name, before)]).value()
            }
            throw error
        }
    }

    /// Makes the zone say what the wish for the name is at that moment.
    private func fulfil(_ name: DNSName) async throws {
        let before = last
        let end = OneShot<Void>()
        last = end
        defer { end.fulfil(()) }
        await before?.value()
        guard let wish = wishes[name], !wish.isFulfilled else { return }
        do { try await checkForeign(name) } catch let error as PlatformError where error.kind == .conflict {
            guard wish.entries.isEmpty else { throw error }
            // What was never ours need not be taken away.
            return forget(name, wish)
        }
        try await writer.put(name, wish.entries, all: wishes.mapValues(\.entries))
        guard wishes[name]?.revision == wish.revision else { return }
        wishes[name] = nil
        if !wish.entries.isEmpty {
            wishes[name] = wish
            wishes[name]?.isFulfilled = true
            wishes[name]?.isNew = false
        }
        _ = table.keep([(wish.name, wishes[name])])
    }

    private func forget(_ name: DNSName, _ wish: Wish) {
        wishes[name] = nil
        _ = table.keep([(wish.name, nil)])
    }

    private func retryLater() {
        guard retrying == nil else { return }
        // Ends when nothing waits, or is cancelled by `close`.
        retrying = Task {
            var delay = Self.firstDelay
            while !self.waiting.isEmpty {
                do { try await Task.sleep(for: .seconds(delay)) } catch { break }
                await self.retry()
                delay = min(Self.longestDelay, delay * 2)
            }
            self.obstacle = nil
            self.retrying = nil
        }
    }

    private func retry() async {
        for text in waiting {
            guard let name = try? DNSName(text) else { continue }
            do {
                try await fulfil(name)
                logger.info("the zone has been changed at last", metadata: ["name": "\(name)"])
            } catch let error as PlatformError where error.kind == .conflict {
                logger.error("a name is given up", metadata: ["name": "\(name)", "error": "\(error)"])
                if let wish = wishes[name] { forget(name, wish) }
            } catch {
                obstacle = words(of: error)
                logger.warning("the zone cannot be changed yet", metadata: ["error": "\(words(of: error))"])
                return
            }
        }
    }
}
