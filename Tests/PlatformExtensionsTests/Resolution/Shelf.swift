import FleetTestSupport
import PlatformService

@testable import PlatformExtensions

/// Extensions that a test made up: `"kubernetes 1.28.0": ["containerd ^1.7"]`.
struct Shelf {
    private(set) var needs: [ExtensionKey: [ExtensionReference]] = [:]
    private(set) var versions: [ExtensionID: [SemanticVersion]] = [:]

    init(_ entries: [String: [String]]) throws {
        for (name, wanted) in entries {
            let words = name.split(separator: " ")
            let key = ExtensionKey(try ExtensionID(.taskserv, String(words[0])), try version(String(words[1])))
            versions[key.id, default: []].append(key.version)
            needs[key] = try wanted.map { text in
                try ExtensionReference(type: .taskserv, parsing: text.replacing(" ", with: ":", maxReplacements: 1))
            }
        }
    }

    /// Four extensions with up to three versions each, and needs between them; at times one that is not there.
    init(random: inout SplitMix) throws {
        let constraints = ["*", "^1", "^2", "<2", "1.0.0", ">=1.1 || 1.0.0", "~1.1"]
        var entries: [String: [String]] = [:]
        for name in ["a", "b", "c", "d"] {
            for number in ["1.0.0", "1.1.0", "2.0.0"].prefix(Int.random(in: 1...3, using: &random)) {
                let wanted = ["a", "b", "c", "d", "e"].filter { $0 != name }.filter { other in
                    Int.random(in: 0..<(other == "e" ? 12 : 3), using: &random) == 0
                }
                entries["\(name) \(number)"] = wanted.map { other in
                    "\(other) \(constraints[Int.random(in: constraints.indices, using: &random)])"
                }
            }
        }
        try self.init(entries)
    }

    /// Asks the resolver, and tells it what it wants to know.
    func resolve(_ text: String) -> Result<Resolution, PlatformError> {
        var resolver = DependencyResolver()
        do throws(PlatformError) {
            let wanted = [try ExtensionReference(type: .taskserv, parsing: text)]
            while true {
                switch resolver.step(for: wanted) {
                case .findVersions(let id): resolver.versions[id] = versions[id] ?? []
                case .findNeeds(let key): resolver.needs[key] = needs[key] ?? []
                case .solved(let resolution): return .success(resolution)
                case .failed(let error): return .failure(error)
                }
            }
        } catch { return .failure(error) }
    }

    func failure(_ text: String) throws -> PlatformError {
        switch resolve(text) {
        case .failure(let error): return error
        case .success(let resolution): throw TestServiceError("there is a solution: \(resolution.order)")
        }
    }

    /// Every solution, found without any cleverness: all assignments are tried.
    func allSolutions(_ name: String) -> [[ExtensionID: SemanticVersion]] {
        guard let root = try? ExtensionID(.taskserv, name) else { return [] }
        let others = versions.keys.filter { $0 != root }.sorted()
        var assignments: [[ExtensionID: SemanticVersion]] = (versions[root] ?? []).map { [root: $0] }
        for id in others {
            assignments = assignments.flatMap { assignment in
                [assignment] + (versions[id] ?? []).map { assignment.merging([id: $0]) { $1 } }
            }
        }
        return assignments.filter { isSolution($0, root) }
    }

    private func isSolution(_ assignment: [ExtensionID: SemanticVersion], _ root: ExtensionID) -> Bool {
        for (id, version) in assignment {
            for need in needs[ExtensionKey(id, version)] ?? [] {
                guard let chosen = assignment[need.id], need.constraint.allows(chosen) else { return false }
            }
        }
        // Nothing that nobody needs, and nothing that needs itself.
        return reached(from: root, assignment) == Set(assignment.keys)
            && assignment.keys.allSatisfy { id in
                let direct = needs[ExtensionKey(id, assignment[id] ?? SemanticVersion(0, 0, 0))] ?? []
                return direct.allSatisfy { !reached(from: $0.id, assignment).contains(id) }
            }
    }

    private func reached(from start: ExtensionID, _ assignment: [ExtensionID: SemanticVersion]) -> Set<ExtensionID> {
        var seen: Set<ExtensionID> = [start]
        var open = [start]
        while let id = open.popLast() {
            guard let version = assignment[id] else { continue }
            for need in needs[ExtensionKey(id, version)] ?? [] where seen.insert(need.id).inserted {
                open.append(need.id)
            }
        }
        return seen
    }
}
