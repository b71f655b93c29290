import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Holds everything that a session starts below the host's `memory=`.
///
/// Where we may make a control group, the kernel does it, at once and exactly. Elsewhere we add up the private memory of
/// all our processes twice a second and kill the test that has the most: what grows faster than that is not caught.
final class MemoryCap: Sendable {
    private enum Way: Sendable {
        case group(MemoryGroup)
        /// How often the tests of a worker were killed, by its process id.
        case watch(Locked<[Int32: Int]>)
    }

    /// The limit in bytes.
    let limit: Int
    private let way: Way

    /// The pause between two looks.
    private static let interval = Duration.milliseconds(500)

    /// Bounds this process and all that it starts.
    ///
    /// - Parameters:
    ///   - name: what no other session or environment of this host is called.
    ///   - directory: ours, in which the group's name is kept for whoever cleans up after us.
    init(limit: Int, name: String, directory: String) {
        self.limit = limit
        let name = "provisioning-fleet-\(getuid())-\(name)"
        if let group = MemoryGroup.make(name: name, bytes: limit) {
            let isNoted = (try? AtomicFile.write(group.path.utf8, to: Self.note(directory))) != nil
            if isNoted, group.enter() {
                way = .group(group)
                return
            }
            rmdir(group.path)
        }
        way = .watch(Locked([:]))
    }

    private static func note(_ directory: String) -> String { "\(directory)/memory-group" }

    /// Removes the group that a directory names, and whose processes have ended; returns it when it stayed.
    static func removeGroup(of directory: String) async -> [String] {
        guard let bytes = try? AtomicFile.read(note(directory), limit: 4096) else { return [] }
        let group = MemoryGroup(path: String(decoding: bytes, as: UTF8.self))
        // Whatever stands in the file, nothing but a group of ours is removed.
        guard group.path.split(separator: "/").last?.hasPrefix("provisioning-fleet-") == true else { return [] }
        return await group.remove() ? [] : ["control group \(group.path)"]
    }

    /// What people should know; nil when the kernel itself keeps the limit.
    var notice: String? {
        guard case .watch = way else { return nil }
        return "memory=\(text) is kept by looking twice a second, because no control group can be made here (not root?)"
    }

    /// How often tests were killed for their memory: those of one worker, or where the kernel does it, any.
    func kills(of worker: Int32) -> Int {
        switch way {
        case .group(let group): group.kills
        case .watch(let kills): kills.withLock { $0[worker] ?? 0 }
        }
    }

    /// Looks again and again where the kernel does not; returns when the task is cancelled, or at once.
    func keep() async {
        guard case .watch(let kills) = way else { return }
        while !Task.isCancelled {
            look(kills)
            // Nothing announces that memory was taken; the session's end cancels the pause.
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }

    private func look(_ kills: Locked<[Int32: Int]>) {
        let ours = ProcessTree.descendants(of: getpid())
        let total = ours.reduce(0) { $0 + $1.privateMemory }
        guard total > limit else { return }
        let workers = ours.filter { $0.commandLine.split(separator: " ").dropFirst().first == "worker" }
        let tests = workers.map { worker in (worker, ProcessTree.descendants(of: worker.processID)) }
        let sizes = tests.map { worker, tree in (worker, tree, tree.reduce(0) { $0 + $1.privateMemory }) }
        guard let (worker, tree, size) = sizes.max(by: { $0.2 < $1.2 }), size > 0 else { return }
        kills.withLock { $0[worker.processID, default: 0] += 1 }
        for process in tree { ProcessHandle(process)?.send(signal: SIGKILL) }
    }

    /// The limit as hosts.txt may write it.
    var text: String {
        for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] where limit.isMultiple(of: 1 << shift) {
            return "\(limit >> shift)\(unit)"
        }
        return "\(limit)"
    }
}
