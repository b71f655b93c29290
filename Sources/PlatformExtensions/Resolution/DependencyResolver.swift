import PlatformService

/// Finds one version of each extension that is needed, so that every constraint holds and nothing needs itself.
///
/// It knows nothing of registries. It says what it has to know next; whoever asks finds out, enters it and asks again. Versions are
/// tried from the newest down, extensions in the order in which they were asked for; a choice that leads nowhere is taken back.
struct DependencyResolver: Sendable {
    /// What to do next.
    enum Step: Sendable, Hashable {
        /// Enter the versions that there are of this extension.
        case findVersions(ExtensionID)
        /// Enter what this version needs.
        case findNeeds(ExtensionKey)
        /// Done.
        case solved(Resolution)
        /// There is no solution.
        case failed(PlatformError)
    }

    /// Choices that are tried before it gives up.
    static let patience = 20_000

    /// The versions of each extension, in any order; none where there is no such extension.
    var versions: [ExtensionID: [SemanticVersion]] = [:]
    /// What each version needs.
    var needs: [ExtensionKey: [ExtensionReference]] = [:]

    /// A resolver that knows nothing yet.
    init() {}

    /// What to do next for those who want these extensions.
    func step(for wanted: [ExtensionReference]) -> Step {
        var search = DependencySearch(versions: versions, needs: needs)
        var start = DependencyChoice()
        for reference in wanted { start.require(Requirement(reference: reference, requester: nil)) }
        do throws(DependencySearch.Interruption) {
            guard let choice = try search.solve(start) else { return .failed(search.failure(of: wanted)) }
            return .solved(Resolution(order: order(of: choice, wanted), requirements: choice.requirements))
        } catch {
            switch error {
            case .unknownVersions(let id): return .findVersions(id)
            case .unknownNeeds(let key): return .findNeeds(key)
            case .tooManyChoices:
                return .failed(
                    PlatformError(
                        .failed,
                        "no solution was found among \(Self.patience) combinations; narrow the constraints of \(Self.list(wanted))"
                    ))
            }
        }
    }

    static func list(_ wanted: [ExtensionReference]) -> String { wanted.map(\.description).joined(separator: ", ") }

    private func order(of choice: DependencyChoice, _ wanted: [ExtensionReference]) -> [ExtensionKey] {
        var order: [ExtensionKey] = []
        func visit(_ id: ExtensionID) {
            guard let version = choice.chosen[id], !order.contains(where: { $0.id == id }) else { return }
            let key = ExtensionKey(id, version)
            for need in needs[key] ?? [] { visit(need.id) }
            order.append(key)
        }
        for reference in wanted { visit(reference.id) }
        return order
    }
}
