import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps the cache of programs and suites on a host small: what was used longest ago goes first.
///
/// Nothing goes that a living process runs from, and nothing that was used since an hour before the oldest session that
/// still lives began: its coordinator found it there and may yet want it. Only for who holds the lock of the bundles.
struct CacheLimit {
    /// How much of one kind may stay.
    struct Bound: Hashable {
        var count: Int
        var bytes: Int
    }

    /// One thing in the cache.
    struct Entry: Hashable {
        var name: String
        var bytes: Int
        /// When it was last used, in seconds of the host's clock.
        var lastUse: Double
        /// Whether it can be of no use to anybody: an upload that was cut off.
        var isTorn = false
    }

    let workdir: String
    /// Directories, one for each set of programs.
    var bundles = Bound(count: 4, bytes: 1 << 30)
    /// Files, one for each suite.
    var packs = Bound(count: 64, bytes: 1 << 30)

    /// How long before the oldest session something must have been used to be out of use, in seconds.
    static let margin = 3600.0

    /// Removes what is too much; returns what could not be removed.
    func apply() -> [String] {
        let running = runningBundles
        let limit = oldestUse
        let expendable = [("bundles", bundles), ("packs", packs)].flatMap { folder, bound in
            Self.expendable(entries(of: "\(workdir)/\(folder)"), bound: bound, before: limit)
                .filter { folder != "bundles" || !running.contains($0) }.map { "\(workdir)/\(folder)/\($0)" }
        }
        return expendable.flatMap { DirectoryTree.remove($0) }
    }

    /// The names of what goes. Pure.
    static func expendable(_ entries: [Entry], bound: Bound, before limit: Double) -> [String] {
        var (count, bytes) = (0, 0)
        var names: [String] = []
        for entry in entries.sorted(by: { ($1.lastUse, $0.name) < ($0.lastUse, $1.name) }) {
            let isOld = entry.lastUse < limit
            let fits = count < bound.count && bytes + entry.bytes <= bound.bytes
            if isOld, entry.isTorn || !fits {
                names.append(entry.name)
            } else {
                count += 1
                bytes += entry.bytes
            }
        }
        return names
    }

    private func entries(of folder: String) -> [Entry] {
        ((try? DirectoryTree.names(in: folder)) ?? []).compactMap { name in
            let path = "\(folder)/\(name)"
            guard let status = Self.status(of: path) else { return nil }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            // What has another name is not ours, or is a lock of the host's.
            guard isDirectory != folder.hasSuffix("/packs"), OurDirectory.isCached(name, isDirectory: isDirectory)
            else { return nil }
            let inside = isDirectory ? (try? DirectoryTree.names(in: path)) ?? [] : []
            let parts = Self.files(path, status)
            return Entry(
                name: name, bytes: parts.reduce(0) { $0 + Int($1.st_size) },
                lastUse: ([status] + parts).map(\.changed).max() ?? 0,
                isTorn: name.contains(".part") || (isDirectory && !inside.contains("agent")))
        }
    }

    /// When the oldest session or kept environment that lives began, less the margin; a dead one does not count.
    private var oldestUse: Double {
        let places = ["sessions", "environments"].flatMap { folder in
            ((try? DirectoryTree.names(in: "\(workdir)/\(folder)")) ?? []).map { "\(workdir)/\(folder)/\($0)/lock" }
        }
        let living = places.filter { path in
            guard access(path, F_OK) == 0, let lock = try? FileLock.acquire(path) else {
                return access(path, F_OK) == 0
            }
            lock.release()
            return false
        }
        let starts = living.compactMap { Self.status(of: $0) }.map(\.changed)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return min(starts.min() ?? .infinity, Double(now.tv_sec)) - Self.margin
    }

    private var runningBundles: Set<String> {
        let folder = "\(workdir)/bundles/"
        let programs = ProcessTree.all().compactMap { process -> String? in
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = readlink("/proc/\(process.processID)/exe", &buffer, buffer.count - 1)
            guard count > 0 else { return nil }
            return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return Set(
            programs.filter { $0.hasPrefix(folder) }.compactMap { path in
                path.dropFirst(folder.count).split(separator: "/").first.map(String.init)
            })
    }

    /// All that is no directory, at any depth.
    private static func files(_ path: String, _ status: stat) -> [stat] {
        guard status.st_mode & S_IFMT == S_IFDIR else { return [status] }
        return ((try? DirectoryTree.names(in: path)) ?? []).flatMap { name in
            Self.status(of: "\(path)/\(name)").map { files("\(path)/\(name)", $0) } ?? []
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}

extension stat {
    /// When the content was changed, or the thing was used: the coordinator touches what it finds.
    fileprivate var changed: Double {
        #if canImport(Glibc)
            Double(st_mtim.tv_sec)
        #else
            Double(st_mtimespec.tv_sec)
        #endif
    }
}
