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

/// What `agent snapshot` does: it prints everything that a run could leave on this host. Linux only.
///
/// It looks at what our user may see; as root that is all there is.
enum SnapshotProgram {
    static func main(workdir: String) -> Int32 {
        let boot = text(of: "/proc/sys/kernel/random/boot_id").trimmingPrefix { $0.isWhitespace }
        let snapshot = HostSnapshot(
            boot: boot.split(whereSeparator: \.isNewline).first.map(String.init) ?? "",
            items: processes(workdir) + namespaces() + mounts() + interfaces() + NetworkSnapshot.sockets()
                + FileSnapshot(workdir: workdir).items)
        guard let bytes = try? JSONEncoder().encode(snapshot) else { return 1 }
        return StandardStreams.write(line: String(decoding: bytes, as: UTF8.self)) ? 0 : 74
    }

    /// A whole small file; empty when it cannot be read.
    static func text(of path: String) -> String {
        (try? AtomicFile.read(path, limit: 4 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: Processes

    /// Processes of our user or with our mark; not ourselves, not those that we hang from, no login session's server.
    private static func processes(_ workdir: String) -> [HostSnapshot.Item] {
        let spared = ancestors
        return ProcessTree.all().compactMap { process in
            let number = process.processID
            // Kernel threads hang from process 2, and nothing but the kernel makes them.
            guard !spared.contains(number), number != 2, process.parentID != 2, !process.name.hasPrefix("sshd") else {
                return nil
            }
            let words = process.commandLine
            let mark = process.environment?[SessionLayout.variable]
            let isOurs = mark != nil || words.hasPrefix("\(workdir)/")
            guard isOurs || owner(of: number) == getuid() else { return nil }
            let state = process.isZombie ? " (zombie)" : ""
            let session = mark.map { " of \($0)" } ?? ""
            let name = words.isEmpty ? "[\(process.name)]" : String(words.prefix(200))
            return HostSnapshot.Item(
                kind: .process, key: "\(number) \(process.startTicks)", text: "\(number) \(name)\(state)\(session)",
                isOurs: isOurs)
        }
    }

    private static var ancestors: Set<Int32> {
        var found: Set<Int32> = []
        var next = getpid()
        while next > 0, found.insert(next).inserted { next = ProcessInfo(processID: next)?.parentID ?? 0 }
        return found
    }

    private static func owner(of process: Int32) -> uid_t? {
        var status = stat()
        return stat("/proc/\(process)", &status) == 0 ? status.st_uid : nil
    }

    /// Namespaces by their number, with one process that lives there.
    private static func namespaces() -> [HostSnapshot.Item] {
        var found: [String: String] = [:]
        for process in ProcessTree.all().sorted(by: { $0.processID < $1.processID }) {
            for kind in ["mnt", "net", "pid", "user"] {
                guard let name = link("/proc/\(process.processID)/ns/\(kind)"), found[name] == nil else { continue }
                found[name] = "\(name), with \(process)"
            }
        }
        return found.map { HostSnapshot.Item(kind: .namespace, key: $0.key, text: $0.value) }
    }

    private static func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    // MARK: Mounts and interfaces

    private static func mounts() -> [HostSnapshot.Item] {
        text(of: "/proc/self/mountinfo").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 1, words.count > 4 else { return nil }
            // The number of a mount tells it from another of the same kind on the same place.
            return HostSnapshot.Item(
                kind: .mount, key: "\(words[0]) \(words[4])", text: "\(words[dash + 1]) on \(words[4])")
        }
    }

    private static func interfaces() -> [HostSnapshot.Item] {
        let names = (try? DirectoryTree.names(in: "/sys/class/net")) ?? []
        return names.map { HostSnapshot.Item(kind: .interface, key: $0, text: $0) }
    }
}

/// The sockets that wait for somebody, in the network of this process.
enum NetworkSnapshot {
    /// The state of a listening socket in the kernel's tables, of TCP and of UDP.
    private static let waiting = ["tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"]
    /// The flag of a listening UNIX socket (`__SO_ACCEPTCON`).
    private static let accepts = 0x10000

    static func sockets() -> [HostSnapshot.Item] {
        let internet = waiting.sorted { $0.key < $1.key }.flatMap { name, state in
            lines(of: name).compactMap { words -> HostSnapshot.Item? in
                guard words.count > 9, words[3] == state, let colon = words[1].lastIndex(of: ":"),
                    let port = Int(words[1][words[1].index(after: colon)...], radix: 16)
                else { return nil }
                let text = "\(name) port \(port), user \(words[7])"
                return HostSnapshot.Item(kind: .socket, key: "\(name) \(words[1]) \(words[9])", text: text)
            }
        }
        let unix = lines(of: "unix").compactMap { words -> HostSnapshot.Item? in
            guard words.count > 7, let flags = Int(words[3], radix: 16), flags & accepts != 0 else { return nil }
            return HostSnapshot.Item(kind: .socket, key: "unix \(words[6])", text: "unix \(words[7])")
        }
        return internet + unix
    }

    private static func lines(of table: String) -> [[String]] {
        SnapshotProgram.text(of: "/proc/self/net/\(table)").split(separator: "\n").dropFirst()
            .map { $0.split(separator: " ").map(String.init) }
    }
}
