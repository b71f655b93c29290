import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file with a service's settings: one JSON object, readable by its owner alone, since it may hold credentials.
public enum SettingsFile {
    private static let largest = 1 << 20

    /// Reads settings. Throws `.invalid` with the path and what is wrong: the mode, the JSON, a missing, a wrong or an
    /// unknown member (the last when `Settings` reads its members from a `strictContainer`).
    public static func read<Settings: Decodable>(_ path: String, as type: Settings.Type) throws -> Settings {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw PlatformError(.invalid, "settings: cannot read \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw PlatformError(
                .invalid, "settings: \(path) must be a file of ours that nobody else can read; chmod 600 \(path)")
        }
        guard status.st_size <= largest, let content = FileManager.default.contents(atPath: path) else {
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
