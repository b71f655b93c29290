import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds and ends processes by their kinship, however they try to leave it. Linux only; elsewhere it finds nothing.
public enum ProcessTree {
    /// Makes us the parent of every descendant whose own parent ends, so that none leaves our tree.
    public static func becomeSubreaper() throws(SystemCallError) {
        guard fleet_become_subreaper() == 0 else {
            throw SystemCallError(call: "prctl(PR_SET_CHILD_SUBREAPER)", subject: "this process")
        }
    }

    /// All processes that `/proc` shows.
    public static func all() -> [ProcessInfo] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var result: [ProcessInfo] = []
        while let entry = readdir(directory) {
            guard let number = processID(ofEntry: entry), let info = ProcessInfo(processID: number) else { continue }
            result.append(info)
        }
        return result
    }

    /// All children, grandchildren and so on of a process, parents before their children; zombies included.
    public static func descendants(of ancestor: Int32) -> [ProcessInfo] {
        let children = Dictionary(grouping: all(), by: \.parentID)
        var result: [ProcessInfo] = []
        var front = [ancestor]
        var seen: Set<Int32> = [ancestor]
        while let parent = front.popLast() {
            for child in children[parent] ?? [] where seen.insert(child.processID).inserted {
                result.append(child)
                front.append(child.processID)
            }
        }
        return result
    }

    /// All processes whose environment gave a variable this value when they started, except ourselves.
    ///
    /// Finds only those whose environment we may read: our own user's, or everybody's as root.
    public static func processes(withVariable name: String, value: String) -> [ProcessInfo] {
        let ours = getpid()
        return all().filter { !$0.isZombie && $0.processID != ours && $0.environment?[name] == value }
    }

    /// Reaps every child of ours that has ended and that nobody started here: orphans that the kernel gave us.
    ///
    /// For process 1 of a PID namespace and for subreapers. The exit status of a `ChildProcess` is never taken, but
    /// that of a child which another library started is. Returns how many were reaped.
    @discardableResult
    public static func reapOrphans() -> Int {
        guard hasChildren else { return 0 }
        var count = 0
        SpawnerThread.shared.run {
            for number in children() where !ChildProcess.isLiving(number) {
                var kind: Int32 = 0
                var code: Int32 = 0
                if fleet_reap_pid(number, &kind, &code) == 1 { count += 1 }
            }
        }
        return count
    }

    /// Reaps orphans again and again until told to stop; for process 1 of a PID namespace and for subreapers.
    public static func reapOrphans(every interval: Duration, until stop: OneShot<Void>) async {
        while await stop.value(within: interval) == nil { reapOrphans() }
    }

    /// Kills all our descendants (SIGKILL) until none is left, and reaps the orphans among them.
    ///
    /// Call `becomeSubreaper()` first, or those whose parent ends escape. Returns what still runs after the time.
    public static func killChildren(within limit: Duration) async -> [ProcessInfo] {
        let ours = getpid()
        var left: [ProcessInfo] = []
        _ = await Waiting.until(within: limit) {
            // Mostly nothing is left, and then the many files of `/proc` need not be read. Nothing found is no end: one
            // that forks and ends without pause is missed by any look, but its group is seen on those that ended.
            guard hasChildren else {
                left = []
                return true
            }
            let found = descendants(of: ours)
            killGroups(of: found)
            left = found.filter { !$0.isZombie }
            for info in left { ProcessHandle(info)?.send(signal: SIGKILL) }
            // A chain that forks, leaves its group and ends is elsewhere when a signal comes; as an orphan it is ours for
            // a moment, and looking at our own children alone is quick enough to meet it there.
            _ = fleet_kill_orphans(500)
            reapOrphans()
            return false
        }
        reapOrphans()
        return left
    }

    /// Whether we have children, zombies included. A subreaper without children has no descendants.
    private static var hasChildren: Bool { fleet_has_children() != 0 }

    // The kernel takes all members of a group at once, also one that forks and ends faster than we can look.
    private static func killGroups(of processes: [ProcessInfo]) {
        let ours = getpgrp()
        for group in Set(processes.map(\.groupID)) where group > 1 && group != ours { killpg(group, SIGKILL) }
    }

    /// Ends processes: SIGTERM to all, SIGKILL to those that are left after the grace time; returns what still runs.
    public static func end(_ processes: [ProcessInfo], grace: Duration) async -> [ProcessInfo] {
        let handles = processes.compactMap { ProcessHandle($0) }
        for handle in handles {
            handle.send(signal: SIGTERM)
            handle.send(signal: SIGCONT)
        }
        if await Waiting.until(within: grace, { handles.allSatisfy { !$0.isRunning } }) { return [] }
        for handle in handles { handle.send(signal: SIGKILL) }
        _ = await Waiting.until(within: .seconds(5)) { handles.allSatisfy { !$0.isRunning } }
        return handles.filter(\.isRunning).map(\.info)
    }

    // Our direct children, zombies included. The kernel lists them by the thread that made them.
    private static func children() -> [Int32] {
        guard let directory = opendir("/proc/self/task") else { return [] }
        defer { closedir(directory) }
        var result: [Int32] = []
        while let entry = readdir(directory) {
            guard let thread = processID(ofEntry: entry) else { continue }
            guard let bytes = Descriptor.contents(of: "/proc/self/task/\(thread)/children") else {
                // A kernel without CONFIG_PROC_CHILDREN, or a thread that has just ended: look at everybody.
                let ours = getpid()
                return all().filter { $0.parentID == ours }.map(\.processID)
            }
            result += bytes.split(separator: UInt8(ascii: " ")).compactMap {
                Int32(String(decoding: $0, as: UTF8.self))
            }
        }
        return result
    }

    private static func processID(ofEntry entry: UnsafeMutablePointer<dirent>) -> Int32? {
        Int32(DirectoryEntry.name(of: entry))
    }
}
