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

/// Where what is known of one kept environment lies: below `environments` when a person brought it up, below its session
/// when a run left it.
struct KeptPlace: Hashable, Sendable {
    /// What it is called; it is the name of the directory, too.
    let name: String
    let directory: String

    /// Held by the process that holds the environment.
    var lock: String { "\(directory)/lock" }
    /// Held by a run that has adopted the environment.
    var adoption: String { "\(directory)/adoption" }
    var state: String { "\(directory)/state.json" }
    /// What only those may know who may change a service.
    var credentials: String { "\(directory)/credentials.json" }
    /// Made by whoever wants the environment down.
    var order: String { "\(directory)/down" }
    /// The higher mode that somebody wants, and then, beside it, how that ended: empty when it went well.
    private var climb: String { "\(directory)/climb" }
    private var climbed: String { "\(directory)/climbed" }

    /// The place of an environment that a person brings up.
    static func byHand(_ name: String, workdir: String) -> KeptPlace {
        KeptPlace(name: name, directory: "\(KeptLayout.all(workdir))/\(name)")
    }

    /// The place of an environment that a session keeps for a lane.
    static func ofLane(_ lane: Int, _ layout: SessionLayout) -> KeptPlace {
        let name = "\(layout.name)-\(lane)"
        return KeptPlace(name: name, directory: "\(layout.kept)/\(name)")
    }

    /// All places of a working directory, those of people first.
    static func all(workdir: String) -> [KeptPlace] {
        let byHand = names(in: KeptLayout.all(workdir)).map { KeptPlace.byHand($0, workdir: workdir) }
            .filter { OurDirectory.isEnvironment($0.directory) }
        let sessions = names(in: SessionLayout.sessions(workdir)).map { "\(SessionLayout.sessions(workdir))/\($0)" }
            .filter(OurDirectory.isSession).map { "\($0)/kept" }
        return byHand
            + sessions.flatMap { parent in
                names(in: parent).map { KeptPlace(name: $0, directory: "\(parent)/\($0)") }
            }
    }

    private static func names(in directory: String) -> [String] {
        ((try? DirectoryTree.names(in: directory)) ?? []).sorted()
    }

    /// Whether a process holds the environment.
    var isHeld: Bool { isLocked(lock) }
    /// Whether a run uses it.
    var isAdopted: Bool { access(adoption, F_OK) == 0 && isLocked(adoption) }

    private func isLocked(_ path: String) -> Bool {
        guard access(path, F_OK) == 0 else { return false }
        do { return try FileLock.acquire(path) == nil } catch { return false }
    }

    /// Has the environment taken down by who holds it; returns whether it has gone in time.
    func orderDown(within limit: Duration) async -> Bool {
        guard access(directory, F_OK) == 0 else { return true }
        // A directory that has gone meanwhile is what is wanted.
        try? AtomicFile.write([], to: order)
        return await Waiting.until(within: limit, every: .milliseconds(50)) {
            access(directory, F_OK) != 0 || !isHeld
        }
    }

    /// Has whoever holds the environment add what a higher mode has.
    ///
    /// - Throws: why that failed.
    func orderClimb(to mode: Mode, within limit: Duration) async throws {
        // An answer that nobody has read is of an order whose giver has gone.
        unlink(climbed)
        try AtomicFile.write(Array(mode.rawValue.utf8), to: climb)
        let isOver = await Waiting.until(within: limit, every: .milliseconds(50)) {
            access(climbed, F_OK) == 0 || !isHeld
        }
        guard let answer = try? AtomicFile.read(climbed) else {
            throw DetachedStart.Failure(
                description: isOver ? "it broke while it climbed" : "it did not climb within \(limit.inSeconds) s")
        }
        unlink(climbed)
        guard answer.isEmpty else { throw DetachedStart.Failure(description: String(decoding: answer, as: UTF8.self)) }
    }

    /// The mode to which somebody wants the environment to climb; told once.
    func takeClimbOrder() -> Mode? {
        guard let word = try? AtomicFile.read(climb) else { return nil }
        unlink(climb)
        return Mode(rawValue: String(decoding: word, as: UTF8.self))
    }

    /// Tells who ordered a climb how it ended.
    ///
    /// - Parameter failure: why it failed; nil when it went well.
    func answerClimb(_ failure: String?) throws {
        try AtomicFile.write(Array((failure ?? "").utf8), to: climbed)
    }
}
