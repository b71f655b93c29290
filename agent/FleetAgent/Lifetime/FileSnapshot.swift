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

/// The files that a run could leave on this host.
struct FileSnapshot {
    let workdir: String

    /// The most files that are listed of one place; more of them is told as such.
    private static let limit = 20_000
    /// Where everybody may write.
    private static var commonPlaces: [String] {
        ["/tmp", "/var/tmp", "/dev/shm", "/run/user/\(getuid())", "/run/netns"]
    }
    /// What may stay in the working directory: programs and suites for the next run.
    private static let cache: Set<String> = ["bundles", "packs"]

    var items: [HostSnapshot.Item] { ownFiles + commonFiles + controlGroups + timers + accounts }

    private var ownFiles: [HostSnapshot.Item] {
        let entries = ((try? DirectoryTree.names(in: workdir)) ?? []).filter { !Self.cache.contains($0) }
        return entries.sorted().flatMap { name in
            Self.tree("\(workdir)/\(name)", depth: 12) { _ in true }
        }.map { HostSnapshot.Item(kind: .file, key: $0, text: $0, isOurs: true) }
    }

    private var commonFiles: [HostSnapshot.Item] {
        let ours = getuid()
        return Self.commonPlaces.flatMap { place in
            ((try? DirectoryTree.names(in: place)) ?? []).sorted().flatMap { name in
                Self.tree("\(place)/\(name)", depth: 3) { $0.st_uid == ours }
            }
        }.filter { !$0.hasPrefix("\(workdir)/") && !workdir.hasPrefix($0) }
            .map { HostSnapshot.Item(kind: .file, key: $0, text: $0) }
    }

    /// A path and everything below it, links not followed, as far as the owner is the right one.
    private static func tree(_ path: String, depth: Int, where isWanted: (stat) -> Bool) -> [String] {
        var found: [String] = []
        var front = [(path: path, depth: depth)]
        while let (path, depth) = front.popLast() {
            var status = stat()
            guard lstat(path, &status) == 0, isWanted(status) else { continue }
            guard found.count < limit else { return found + ["\(path) and more"] }
            found.append(path)
            guard status.st_mode & S_IFMT == S_IFDIR, depth > 0 else { continue }
            front += ((try? DirectoryTree.names(in: path)) ?? []).map { ("\(path)/\($0)", depth - 1) }
        }
        return found
    }

    /// Ours have our name; version 1 has a tree for each controller.
    private var controlGroups: [HostSnapshot.Item] {
        Self.tree("/sys/fs/cgroup", depth: 5) { $0.st_mode & S_IFMT == S_IFDIR }
            .filter { $0.split(separator: "/").last?.hasPrefix("provisioning-fleet") == true }
            .map { HostSnapshot.Item(kind: .controlGroup, key: $0, text: $0, isOurs: true) }
    }

    /// A changed file counts as a new one: its size and the time of its change belong to it.
    private var timers: [HostSnapshot.Item] {
        let home = getenv("HOME").map { String(cString: $0) } ?? "/nowhere"
        let places = [
            "/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly",
            "/etc/cron.monthly",
            "/var/spool/cron", "/etc/systemd/system", "/run/systemd/transient", "\(home)/.config/systemd/user",
        ]
        return places.flatMap { Self.tree($0, depth: 4) { _ in true } }.compactMap { path in
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
            #if canImport(Glibc)
                let changed = status.st_mtim
            #else
                let changed = status.st_mtimespec
            #endif
            return HostSnapshot.Item(
                kind: .timer, key: "\(path) \(status.st_size) \(changed.tv_sec).\(changed.tv_nsec)", text: path)
        }
    }

    private var accounts: [HostSnapshot.Item] {
        SnapshotProgram.text(of: "/etc/passwd").split(separator: "\n").compactMap { line in
            line.split(separator: ":").first.map {
                HostSnapshot.Item(kind: .account, key: String(line), text: "user \($0)")
            }
        }
    }
}
