import PlatformService

/// The sources of one request, in the order in which they are asked.
struct SourceList: Sendable {
    /// What the sources know of an extension.
    struct Answer: Sendable {
        /// The versions that there are.
        var versions: [SemanticVersion] = []
        /// Sources that did not answer, in words.
        var problems: [String] = []
    }

    let sources: [any ExtensionSource]
    /// True when whoever asks named the source: then its silence is an error.
    let isExplicit: Bool

    var kinds: Set<SourceKind> { Set(sources.map(\.kind)) }

    /// The versions that the sources have together. Throws when none answers.
    func versions(of id: ExtensionID) async throws -> Answer {
        var answer = Answer()
        var found: Set<SemanticVersion> = []
        for (source, result) in zip(sources, try await ask(id)) {
            switch result {
            case .success(let versions): found.formUnion(versions)
            case .failure(let error): answer.problems.append("\(source.kind.rawValue): \(error.message)")
            }
        }
        guard answer.problems.isEmpty || !isExplicit && answer.problems.count < sources.count else {
            throw PlatformError(.unavailable, "\(id) cannot be looked up: \(answer.problems.joined(separator: "; "))")
        }
        answer.versions = Array(found)
        return answer
    }

    /// The first source that has the version.
    func holder(of key: ExtensionKey) async throws -> any ExtensionSource {
        for (source, result) in zip(sources, try await ask(key.id)) {
            if case .success(let versions) = result, versions.contains(key.version) { return source }
        }
        throw PlatformError(.notFound, "no source has \(key.id) in version \(key.version)")
    }

    private func ask(_ id: ExtensionID) async throws -> [Result<[SemanticVersion], PlatformError>] {
        try await mapConcurrently(sources) { source in
            do { return .success(try await source.versions(of: id)) } catch let error as PlatformError {
                return .failure(error)
            }
        }
    }
}
