import FleetSystem
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the policy has to know of workspaces and servers: to whom they belong, and how careful one must be with them.
///
/// One small file for each, written before the thing is made: a kill in between leaves a line about nothing, never a
/// thing that belongs to nobody.
struct ResourceBook: Sendable {
    private let directory: String
    private let lines: Locked<[String: ResourceFacts]>

    init(directory: String) throws {
        self.directory = directory
        try PrivateDirectory.ensure(directory)
        var lines: [String: ResourceFacts] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
            let bytes = try AtomicFile.read("\(directory)/\(name)")
            lines[String(name.dropLast(5))] = try JSONDecoder().decode(ResourceFacts.self, from: Data(bytes))
        }
        self.lines = Locked(lines)
    }

    /// What is known of a thing; of a server in a workspace also what is known of the workspace.
    func facts(_ kind: ResourceKind, _ name: String) -> ResourceFacts? {
        lines.withLock { lines in
            guard var facts = lines[Self.key(kind, name)] else { return nil }
            if kind != .workspace, let workspace = facts.workspace, let of = lines[Self.key(.workspace, workspace)] {
                facts.owner = of.owner
                facts.tier = max(facts.tier, of.tier)
            }
            return facts
        }
    }

    /// Notes what is known of a thing. The name must be one by the rule for names.
    func note(_ kind: ResourceKind, _ name: String, _ facts: ResourceFacts) throws {
        guard isResourceName(name) else { return }
        let key = Self.key(kind, name)
        try AtomicFile.write(try JSONEncoder().encode(facts), to: "\(directory)/\(key).json")
        lines.withLock { $0[key] = facts }
    }

    private static func key(_ kind: ResourceKind, _ name: String) -> String { "\(kind.rawValue).\(name)" }
}
