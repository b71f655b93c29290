import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The private directories of one attempt.
struct AttemptPlace: Hashable, Sendable {
    let root: String

    /// The working directory: a copy of the pack, or empty.
    var work: String { "\(root)/work" }
    var home: String { "\(root)/home" }
    var temporary: String { "\(root)/tmp" }
    /// What a built-in test leaves there is its artifacts.
    var artifacts: String { "\(root)/artifacts" }
    /// The secrets of the environment, for programs: JSON, mode 0600.
    var credentials: String { "\(root)/credentials.json" }

    /// Makes the directories.
    ///
    /// - Parameters:
    ///   - root: the place; nothing is there yet.
    ///   - pack: the directory to copy into the working directory, if any.
    ///   - credentials: secrets by service, then by property; nil when there is no environment.
    ///   - spares: where a place may come from when there is no pack.
    static func make(
        at root: String, pack: String?, credentials: [String: [String: String]]?, spares: SparePlaces
    ) throws -> AttemptPlace {
        let place = AttemptPlace(root: root)
        if pack == nil, spares.take(to: root) {
            try place.write(credentials)
            return place
        }
        for directory in [root, place.home, place.temporary, place.artifacts] {
            try PrivateDirectory.ensure(directory)
        }
        if let pack {
            try DirectoryCopy.copy(pack, to: place.work)
        } else {
            try PrivateDirectory.ensure(place.work)
        }
        try place.write(credentials)
        return place
    }

    private func write(_ credentials: [String: [String: String]]?) throws {
        guard let credentials else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try AtomicFile.write(encoder.encode(credentials), to: self.credentials, mode: 0o600)
    }

    /// Removes everything; returns what could not be removed.
    func remove() -> [String] { DirectoryTree.remove(root) }
}
