import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a session tells of itself to others on its host: the content of its status file.
struct SessionStatus: Hashable, Sendable, Codable {
    /// What a session does.
    enum Phase: String, Hashable, Sendable, Codable {
        /// It serves its run, or waits for slots to do so.
        case serving
        /// Its run is over; it keeps an environment.
        case keeping
    }

    var run: RunID
    var epoch: Epoch
    /// Who started the run, as the coordinator said; for people.
    var owner: String
    /// The agent's process, and when it started: together they name it for ever.
    var pid: Int32
    var startTicks: UInt64
    /// When it came to the host, in seconds since 1970.
    var since: Double
    /// How many slots it wants, and has.
    var wanted: Int
    var held = 0
    var phase = Phase.serving

    /// Describes this process.
    init(_ options: ServeOptions) {
        run = options.run
        epoch = options.epoch
        owner = options.owner
        pid = getpid()
        startTicks = ProcessInfo(processID: getpid())?.startTicks ?? 0
        since = Self.now
        wanted = options.slots
    }

    /// The wall clock, in seconds since 1970.
    static var now: Double { Date().timeIntervalSince1970 }

    /// Whether the process is still there; it may have been stopped.
    var isAlive: Bool {
        guard let info = ProcessInfo(processID: pid) else { return false }
        return info.startTicks == startTicks && !info.isZombie
    }

    /// The session's name, which its directory bears.
    var name: String { "\(run)-\(epoch)" }

    /// For how long it has been on the host, in seconds; the clock may have been set back.
    func age(now: Double) -> Double { min(1e9, max(0, now - since)) }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: path)
    }

    static func read(_ path: String) -> SessionStatus? {
        guard let bytes = try? AtomicFile.read(path, limit: 64 << 10) else { return nil }
        return try? JSONDecoder().decode(SessionStatus.self, from: Data(bytes))
    }

    /// All sessions of a working directory whose agent lives, the first that came first.
    static func living(workdir: String) -> [SessionStatus] {
        let sessions = SessionLayout.sessions(workdir)
        return ((try? DirectoryTree.names(in: sessions)) ?? [])
            .compactMap { read("\(sessions)/\($0)/\(SessionLayout.statusName)") }
            .filter(\.isAlive)
            .sorted { ($0.since, $0.name) < ($1.since, $1.name) }
    }
}
