import FleetModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What was on all hosts at one moment: the file of `audit --save` and `audit --before`.
struct AuditSnapshot: Hashable, Sendable, Codable {
    var schema = 1
    /// When it was taken, on the coordinator's clock.
    var time: String
    /// By the name of the host in hosts.txt.
    var hosts: [String: HostSnapshot]

    init(time: String, hosts: [String: HostSnapshot]) {
        self.time = time
        self.hosts = hosts
    }

    /// Reads a file.
    ///
    /// - Throws: `InputErrors` when it is not one that `audit --save` has written.
    static func load(_ path: String) throws(InputErrors) -> AuditSnapshot {
        let advice = "make one before the run with: coordinator audit --agents FILE --save \(Shell.quote(path))"
        let text = try InputFile.read(path, expecting: "a snapshot of hosts")
        guard let snapshot = try? JSONDecoder().decode(AuditSnapshot.self, from: Data(text.utf8)), snapshot.schema == 1
        else {
            throw InputErrors([InputError(file: path, message: "it is not a snapshot of hosts", advice: advice)])
        }
        return snapshot
    }

    /// The bytes of the file.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

/// What has changed on a host from one moment to another. Pure.
struct AuditComparison: Hashable, Sendable {
    /// One line for each thing that is there now and was not before.
    let stayed: [String]
    /// One line for each thing that a run must leave alone and that is gone.
    let gone: [String]

    /// Compares two moments.
    init(before: HostSnapshot, now: HostSnapshot) {
        let isSameBoot = before.boot == now.boot
        let known = Set(before.items.map(Key.init))
        let present = Set(now.items.map(Key.init))
        // After a restart nothing but files can be the same.
        let new = now.items.filter { item in
            guard !known.contains(Key(item)) else { return false }
            return isSameBoot || item.isOurs || Self.outliveRestarts.contains(item.kind)
        }
        stayed = Self.lines(new)
        gone = Self.lines(
            before.items.filter { item in
                guard !present.contains(Key(item)) else { return false }
                return Self.outliveRestarts.subtracting([.file]).contains(item.kind)
                    || (isSameBoot && Self.mustStay.contains(item.kind))
            })
    }

    /// What there is without anything to compare with: that which is known to be of a run.
    init(now: HostSnapshot) {
        stayed = Self.lines(now.items.filter(\.isOurs))
        gone = []
    }

    /// Whether nothing has changed.
    var isClean: Bool { stayed.isEmpty && gone.isEmpty }

    private static let outliveRestarts: Set<HostSnapshot.Kind> = [.file, .timer, .account]
    private static let mustStay: Set<HostSnapshot.Kind> = [.mount, .interface]

    private struct Key: Hashable {
        var kind: HostSnapshot.Kind
        var key: String

        init(_ item: HostSnapshot.Item) {
            kind = item.kind
            key = item.key
        }
    }

    private static func lines(_ items: [HostSnapshot.Item]) -> [String] {
        let order = HostSnapshot.Kind.allCases
        return order.flatMap { kind in
            items.filter { $0.kind == kind }.map { "\(kind.rawValue): \($0.text)" }.sorted()
        }
    }
}
