import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads a manifest and finds everything that is wrong with it.
struct ManifestReader: Decodable {
    private(set) var faults: [String] = []
    private(set) var manifest: ExtensionManifest?

    private enum Field: String, CodingKey {
        case type, name, version, description, author, tags, dependencies
    }

    /// The manifest and its faults: either the one or the other.
    static func read(_ bytes: [UInt8]) -> ManifestReader {
        do { return try JSONDecoder().decode(ManifestReader.self, from: Data(bytes)) } catch {
            return ManifestReader(fault: "it is no JSON object")
        }
    }

    private init(fault: String) { faults = [fault] }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        let type = required(ExtensionType.self, .type, fields)
        let name = required(String.self, .name, fields)
        let version = required(SemanticVersion.self, .version, fields)
        let description = optional(String.self, .description, fields)
        let author = optional(String.self, .author, fields)
        let tags = optional([String].self, .tags, fields)
        let dependencies = optional([ExtensionDependency].self, .dependencies, fields)
        if let name, !isResourceName(name) { faults.append("name: \"\(name)\" is no name; \(resourceNameRule)") }
        for (index, dependency) in (dependencies ?? []).enumerated() where !isResourceName(dependency.name) {
            faults.append("dependencies.[\(index)].name: \"\(dependency.name)\" is no name; \(resourceNameRule)")
        }
        guard faults.isEmpty, let type, let name, let version else { return }
        manifest = ExtensionManifest(
            type: type, name: name, version: version, description: description, author: author, tags: tags,
            dependencies: dependencies)
    }

    private mutating func required<Value: Decodable>(
        _ type: Value.Type, _ field: Field, _ fields: KeyedDecodingContainer<Field>
    ) -> Value? {
        attempt { try fields.decode(type, forKey: field) }
    }

    private mutating func optional<Value: Decodable>(
        _ type: Value.Type, _ field: Field, _ fields: KeyedDecodingContainer<Field>
    ) -> Value? {
        attempt { try fields.decodeIfPresent(type, forKey: field) } ?? nil
    }

    private mutating func attempt<Value>(_ decode: () throws -> Value) -> Value? {
        do { return try decode() } catch let error as DecodingError {
            faults.append(Answer.words(of: error))
        } catch {
            faults.append("\(error)")
        }
        return nil
    }
}
