import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The file with a service's settings: one JSON object, readable by its owner alone, since it may hold credentials.
public enum SettingsFile {
    private static let largest = 1 << 20

    /// Reads settings. Throws `.invalid` with the path and what is wrong: the mode, the JSON, a missing, a wrong or an
    /// unknown member (the last when `Settings` reads its members from a `strictContainer`).
    public static func read<Settings: Decodable>(_ path: String, as type: Settings.Type) throws -> Settings {
        let facts: FileFacts
        do { facts = try FileFacts(of: path) } catch { throw PlatformError(.invalid, "settings: \(error)") }
        guard facts.kind == .file, facts.permissions & 0o077 == 0, facts.isOurs else {
            throw PlatformError(
                .invalid, "settings: \(path) must be a file of ours that nobody else can read; chmod 600 \(path)")
        }
        guard facts.size <= largest, let content = FileManager.default.contents(atPath: path) else {
            throw PlatformError(.invalid, "settings: cannot read \(path), or it is larger than 1 MiB")
        }
        do {
            return try JSONDecoder().decode(type, from: content)
        } catch let error as DecodingError {
            throw PlatformError(.invalid, "settings: \(path): \(Answer.words(of: error))")
        }
    }
}

extension Decoder {
    /// The members of an object that may hold these keys only. Throws with the names of all others.
    public func strictContainer<Key: CodingKey & CaseIterable>(
        keyedBy keys: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let known = Set(keys.allCases.map(\.stringValue))
        let unknown = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).filter { !known.contains($0) }
        guard unknown.isEmpty else {
            let place = codingPath.map(\.stringValue).joined(separator: ".")
            throw PlatformError(
                .invalid,
                "settings: \(place.isEmpty ? "" : "\(place): ")unknown: \(unknown.sorted().joined(separator: ", ")); "
                    + "known: \(known.sorted().joined(separator: ", "))")
        }
        return try container(keyedBy: keys)
    }
}

/// Any member's name.
private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
