#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A control group that bounds the memory of a tree of processes; versions 1 and 2. Linux only.
///
/// The kernel kills a process of the group when the group needs more, the one with the most memory and the highest
/// `oom_score_adj` first. Needs a place in the hierarchy where we may make groups: mostly that means root.
public struct MemoryGroup: Hashable, Sendable {
    /// Its directory.
    public let path: String

    /// The group in a directory; to be made with `make`.
    public init(path: String) { self.path = path }

    /// Makes a group with a limit on memory, swap included where the kernel counts it.
    ///
    /// - Parameters:
    ///   - name: the name of its directory.
    ///   - bytes: the limit.
    /// - Returns: nil when no place lets us make one.
    public static func make(name: String, bytes: Int) -> MemoryGroup? {
        for place in places() {
            let group = MemoryGroup(path: "\(place.directory)/\(name)")
            guard mkdir(group.path, 0o755) == 0 || errno == EEXIST else { continue }
            if place.isUnified, access("\(group.path)/memory.max", F_OK) != 0 {
                // A directory that hands its controllers on; refused where processes live in it, but not at the root.
                _ = write("+memory", to: "\(place.directory)/cgroup.subtree_control")
            }
            if group.limit(to: bytes) { return group }
            rmdir(group.path)
        }
        return nil
    }

    private func limit(to bytes: Int) -> Bool {
        if Self.write("\(bytes)", to: "\(path)/memory.max") {
            _ = Self.write("0", to: "\(path)/memory.swap.max")
            return true
        }
        guard Self.write("\(bytes)", to: "\(path)/memory.limit_in_bytes") else { return false }
        _ = Self.write("\(bytes)", to: "\(path)/memory.memsw.limit_in_bytes")
        return true
    }

    /// Moves this process into the group; what it starts from then on is in it, too.
    public func enter() -> Bool { Self.write("\(getpid())", to: "\(path)/cgroup.procs") }

    /// How many processes of the group the kernel has killed for want of memory.
    public var kills: Int {
        for name in ["memory.events", "memory.oom_control"] {
            guard let bytes = Descriptor.contents(of: "\(path)/\(name)", limit: 4096) else { continue }
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2, words[0] == "oom_kill", let count = Int(words[1]) { return count }
            }
        }
        return 0
    }

    /// Removes the group once its processes have ended; false when it stayed.
    public func remove(within limit: Duration = .seconds(2)) async -> Bool {
        await Waiting.until(within: limit, every: .milliseconds(20)) { rmdir(path) == 0 || errno == ENOENT }
    }

    // MARK: The hierarchy

    private struct Place {
        var directory: String
        var isUnified: Bool
    }

    /// Where a group may be made, the nearest to us first, so that what bounds us bounds it, too.
    private static func places() -> [Place] {
        let ours = lines(of: "/proc/self/cgroup").compactMap { line -> (controllers: Substring, path: String)? in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            return parts.count == 3 ? (parts[1], String(parts[2])) : nil
        }
        return lines(of: "/proc/self/mountinfo").flatMap { line -> [Place] in
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, words.count > 4 else { return [] }
            let isUnified = words[dash + 1] == "cgroup2"
            let options = words[dash + 3].split(separator: ",")
            guard isUnified || (words[dash + 1] == "cgroup" && options.contains("memory")) else { return [] }
            let own = ours.first {
                isUnified ? $0.controllers.isEmpty : $0.controllers.split(separator: ",").contains("memory")
            }
            let mount = String(words[4])
            return above(own?.path ?? "/").map { Place(directory: mount + $0, isUnified: isUnified) }
        }
    }

    /// A path, its parent and so on, up to the root, which is written as nothing.
    private static func above(_ path: String) -> [String] {
        let parts = path.split(separator: "/").filter { $0 != ".." }
        return (0...parts.count).reversed().map { count in parts[..<count].map { "/\($0)" }.joined() }
    }

    private static func lines(of path: String) -> [Substring] {
        String(decoding: Descriptor.contents(of: path) ?? [], as: UTF8.self).split(separator: "\n")
    }

    fileprivate static func write(_ text: String, to path: String) -> Bool {
        guard let descriptor = try? Descriptor.open(path, O_WRONLY) else { return false }
        defer { close(descriptor) }
        return (try? Descriptor.writeAll(descriptor, text.utf8, path: path)) != nil
    }
}

/// Whom the kernel kills first when memory runs out.
public enum KillPreference {
    /// The process and what it starts from then on; what nobody may change stays as it is. Linux only.
    ///
    /// - Parameter score: from 0, as everybody else, to 1000, before everybody else; it can only be raised.
    public static func raise(_ processID: Int32, to score: Int) {
        _ = MemoryGroup.write("\(score)", to: "/proc/\(processID)/oom_score_adj")
    }
}

extension ProcessInfo {
    /// How much memory it has that it shares with no file, in bytes; 0 when that is not known.
    public var privateMemory: Int {
        let bytes = Descriptor.contents(of: "/proc/\(processID)/statm", limit: 256) ?? []
        let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard pages.count > 2 else { return 0 }
        return max(0, pages[1] - pages[2]) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
