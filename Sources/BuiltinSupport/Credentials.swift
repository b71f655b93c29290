#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an `Authorization` header says.
package enum Credentials: Sendable, Hashable {
    /// Name and password.
    case basic(user: String, password: String)
    /// A token, by `token …` or `Bearer …`.
    case token(String)

    /// Reads the header; nil where there is none. Throws a refusal with status 401 when it is of no known kind.
    package init?(_ header: String?) throws {
        guard let header else { return nil }
        guard let credentials = Self.read(header) else {
            throw Refusal(401, "the Authorization header cannot be read", code: "UNAUTHORIZED")
        }
        self = credentials
    }

    private static func read(_ header: String) -> Credentials? {
        let parts = header.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "token", "bearer": return .token(parts[1])
        case "basic":
            guard let data = Data(base64Encoded: parts[1]) else { return nil }
            let text = String(decoding: data, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return nil }
            return .basic(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        default: return nil
        }
    }
}

extension Credentials {
    /// The header that says name and password.
    package static func basicHeader(user: String, password: String) -> String {
        "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }
}
