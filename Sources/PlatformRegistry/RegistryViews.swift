import PlatformExtensions
import PlatformService

/// An extension as the registry's documented list has it.
struct RecordView: Encodable, Sendable {
    let record: ExtensionRecord

    private enum CodingKeys: String, CodingKey {
        case name, type, version, description, author, repository, source, checksum, size, tags
        case publishedAt = "published_at"
        case downloadURL = "download_url"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(record.key.id.name, forKey: .name)
        try container.encode(record.key.id.type, forKey: .type)
        try container.encode(record.key.version, forKey: .version)
        try container.encode(record.description ?? "", forKey: .description)
        try container.encode(record.author ?? "", forKey: .author)
        try container.encode(record.repository, forKey: .repository)
        try container.encode(record.source, forKey: .source)
        try container.encode(record.publishedAt, forKey: .publishedAt)
        try container.encode(record.downloadURL, forKey: .downloadURL)
        try container.encodeIfPresent(record.checksum, forKey: .checksum)
        try container.encode(record.size, forKey: .size)
        if !record.tags.isEmpty { try container.encode(record.tags, forKey: .tags) }
    }
}

/// The state of the registry and of what it stands on.
struct HealthView: Encodable, Sendable {
    /// One of the sources.
    struct Backend: Encodable, Sendable {
        let name: String
        let status: String
        let message: String?
    }

    let status: String
    let backends: [Backend]

    init(_ problems: [(SourceKind, String?)]) {
        backends = problems.map { kind, problem in
            Backend(name: kind.rawValue, status: problem == nil ? "healthy" : "unhealthy", message: problem)
        }
        let failing = problems.count { $0.1 != nil }
        status = failing == 0 ? "healthy" : failing == problems.count ? "unhealthy" : "degraded"
    }
}

/// What the caches hold and did.
struct CacheView: Encodable, Sendable {
    /// The cache of descriptions.
    struct Descriptions: Encodable, Sendable {
        let entries: Int
        let hits: Int
        let misses: Int
    }

    let archives: CacheStatistics
    let descriptions: Descriptions
}

/// What a list is asked for.
struct ListQuery: Sendable {
    let type: ExtensionType?
    let source: SourceKind?
    let limit: Int
    let offset: Int

    /// Reads a query. Throws what is wrong with it.
    init(_ value: (String) -> String?) throws {
        type = try value("type").map { try ExtensionType(parsing: $0) }
        source = try SourceKind.choice(parsing: value("source"))
        limit = try Self.number(value, "limit", 1...1000, ifMissing: 100)
        offset = try Self.number(value, "offset", 0...Int.max, ifMissing: 0)
    }

    private static func number(
        _ value: (String) -> String?, _ name: String, _ range: ClosedRange<Int>, ifMissing: Int
    ) throws -> Int {
        guard let text = value(name) else { return ifMissing }
        guard let number = Int(text), range.contains(number) else {
            let words =
                range.upperBound == .max
                ? "from \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw PlatformError(.invalid, "\(name): \"\(text)\" is no number \(words)")
        }
        return number
    }
}
