import PlatformService

/// Which versions are loaded: of each extension those that were loaded one after the other, the last of them in force.
struct LoadLedger: Sendable, Codable, Hashable {
    /// One load.
    struct Entry: Sendable, Codable, Hashable {
        let key: ExtensionKey
        let loadedAt: Timestamp
    }

    private var entries: [Entry] = []

    /// Notes that a version was loaded: it is in force now.
    mutating func load(_ key: ExtensionKey, at time: Timestamp) {
        entries.removeAll { $0.key == key }
        entries.append(Entry(key: key, loadedAt: time))
    }

    /// When a version was loaded, nil when it is not.
    func time(of key: ExtensionKey) -> Timestamp? { entries.first { $0.key == key }?.loadedAt }

    /// The version in force, nil when the extension is not loaded.
    func current(_ id: ExtensionID) -> ExtensionKey? { entries.last { $0.key.id == id }?.key }

    /// The version that was in force before, nil when there is none.
    func previous(_ id: ExtensionID) -> ExtensionKey? { entries.last { $0.key.id == id && $0.key != current(id) }?.key }

    /// Forgets versions.
    mutating func unload(_ keys: [ExtensionKey]) { entries.removeAll { keys.contains($0.key) } }

    /// Every version of an extension that is loaded.
    func versions(of id: ExtensionID) -> [ExtensionKey] { entries.map(\.key).filter { $0.id == id } }
}
