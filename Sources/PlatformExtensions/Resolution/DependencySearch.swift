import PlatformService

/// Where a search stands: what was chosen, and what is still to be chosen.
struct DependencyChoice {
    var chosen: [ExtensionID: SemanticVersion] = [:]
    var undecided: [ExtensionID] = []
    var requirements: [ExtensionID: [Requirement]] = [:]

    mutating func require(_ requirement: Requirement) {
        let id = requirement.reference.id
        requirements[id, default: []].append(requirement)
        if chosen[id] == nil, !undecided.contains(id) { undecided.append(id) }
    }
}

/// A search through the versions, with all that it met on its way.
struct DependencySearch {
    /// Why it cannot go on.
    enum Interruption: Error {
        case unknownVersions(ExtensionID)
        case unknownNeeds(ExtensionKey)
        case tooManyChoices
    }

    /// Why a choice was taken back.
    private struct Conflict: Hashable {
        let words: String
        /// Nobody but the request is to blame.
        let isOfRequest: Bool
    }

    let versions: [ExtensionID: [SemanticVersion]]
    let needs: [ExtensionKey: [ExtensionReference]]
    private var conflicts: [Conflict] = []
    private var choices = 0

    init(versions: [ExtensionID: [SemanticVersion]], needs: [ExtensionKey: [ExtensionReference]]) {
        self.versions = versions
        self.needs = needs
    }

    /// The first choice that leaves nothing open, nil when there is none.
    mutating func solve(_ choice: DependencyChoice) throws(Interruption) -> DependencyChoice? {
        guard let id = choice.undecided.first else { return choice }
        guard let known = versions[id] else { throw .unknownVersions(id) }
        let requirements = choice.requirements[id] ?? []
        let candidates = known.filter { version in
            requirements.allSatisfy { $0.reference.constraint.allows(version) }
        }
        if candidates.isEmpty { note(noVersion(of: id, requirements, known), isOfRequest: isOfRequest(requirements)) }
        for version in candidates.sorted(by: >) {
            choices += 1
            guard choices <= DependencyResolver.patience else { throw .tooManyChoices }
            let key = ExtensionKey(id, version)
            guard let wanted = needs[key] else { throw .unknownNeeds(key) }
            if let next = take(key, wanted, choice), let solution = try solve(next) { return solution }
        }
        return nil
    }

    /// The error for a search that found nothing.
    func failure(of wanted: [ExtensionReference]) -> PlatformError {
        let shown = conflicts.prefix(5).map(\.words).joined(separator: "; ")
        let isAbsent = conflicts.allSatisfy(\.isOfRequest)
        return isAbsent
            ? PlatformError(.notFound, shown)
            : PlatformError(.conflict, "\(DependencyResolver.list(wanted)) cannot be loaded: \(shown)")
    }

    /// The choice with one more version in it, nil when what that needs does not fit.
    private mutating func take(
        _ key: ExtensionKey, _ wanted: [ExtensionReference], _ choice: DependencyChoice
    ) -> DependencyChoice? {
        var next = choice
        next.undecided.removeFirst()
        next.chosen[key.id] = key.version
        for reference in wanted {
            next.require(Requirement(reference: reference, requester: key))
            if let version = next.chosen[reference.id], !reference.constraint.allows(version) {
                let known = [version]
                note(noVersion(of: reference.id, next.requirements[reference.id] ?? [], known), isOfRequest: false)
                return nil
            }
        }
        if let circle = circle(through: key, next) {
            note("there is a circle: \(circle)", isOfRequest: false)
            return nil
        }
        return next
    }

    private func isOfRequest(_ requirements: [Requirement]) -> Bool { requirements.allSatisfy { $0.requester == nil } }

    private mutating func note(_ words: String, isOfRequest: Bool) {
        let conflict = Conflict(words: words, isOfRequest: isOfRequest)
        if !conflicts.contains(conflict) { conflicts.append(conflict) }
    }

    private func noVersion(
        of id: ExtensionID, _ requirements: [Requirement], _ known: [SemanticVersion]
    ) -> String {
        let who = requirements.map(\.words).joined(separator: ", ")
        guard !known.isEmpty else { return "there is no \(id) in any source; \(who)" }
        let there = known.sorted(by: >).prefix(10).map(\.description).joined(separator: ", ")
        return "no version of \(id) will do: \(who); there is \(there)"
    }

    /// The way from an extension back to itself, nil when there is none.
    private func circle(through key: ExtensionKey, _ choice: DependencyChoice) -> String? {
        var seen: Set<ExtensionID> = []
        func search(_ id: ExtensionID) -> [ExtensionID]? {
            guard let version = choice.chosen[id], seen.insert(id).inserted else { return nil }
            for need in needs[ExtensionKey(id, version)] ?? [] {
                if need.id == key.id { return [id] }
                if let rest = search(need.id) { return [id] + rest }
            }
            return nil
        }
        guard let way = search(key.id) else { return nil }
        let names = way.map { "\($0) \(choice.chosen[$0]?.description ?? "")" }
        return (names + ["\(key.id)"]).joined(separator: " → ")
    }
}
