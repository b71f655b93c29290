/// Where a secret is.
public enum SecretReference: Hashable, Sendable, CustomStringConvertible {
    /// In a variable of the environment of whoever resolves it.
    case environment(String)
    /// In a file, without its last line feed; an absolute path.
    case file(String)
    /// Here, after it was resolved.
    case resolved(String)

    /// Where it is, never what it is.
    public var description: String {
        switch self {
        case .environment(let name): "variable \(name)"
        case .file(let path): "file \(path)"
        case .resolved: "a secret"
        }
    }

    /// The secret, once it was resolved.
    public var value: String? {
        if case .resolved(let text) = self { text } else { nil }
    }
}

extension SecretReference: Codable {
    private enum Field: String, CodingKey { case env, file, value }

    /// Decodes an object with one of the members `env`, `file` and `value`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        if let name = try container.decodeIfPresent(String.self, forKey: .env) {
            self = .environment(name)
        } else if let path = try container.decodeIfPresent(String.self, forKey: .file) {
            self = .file(path)
        } else {
            self = .resolved(try container.decode(String.self, forKey: .value))
        }
    }

    /// Encodes the reference; what was resolved goes along, so that only those who must know it may be sent it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        switch self {
        case .environment(let name): try container.encode(name, forKey: .env)
        case .file(let path): try container.encode(path, forKey: .file)
        case .resolved(let text): try container.encode(text, forKey: .value)
        }
    }
}
