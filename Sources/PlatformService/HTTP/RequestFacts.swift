import Hummingbird
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a request says that the policy wants to know, wherever it says it: in the query, or anywhere in its JSON.
///
/// Everything that is mentioned counts, since a caller must not show one workspace to us and another one to the route.
struct RequestFacts: Sendable, Hashable {
    var workspaces: Set<String> = []
    var environments: Set<String> = []
    var servers: Set<String> = []
    var approvalID: String?
    var isForced = false
    /// The member of that name at the top of the body.
    var operation: String?
    var nodeCount = 0

    /// Reads the facts of a request, and leaves its body as it was.
    static func read(_ request: inout Request, limit: Int) async throws -> RequestFacts {
        var facts = RequestFacts()
        // An archive that is uploaded is not read twice; everything else may be JSON, whatever its header says.
        if request.headers[.contentType] != "application/octet-stream" {
            let body = try await request.collectBody(upTo: limit)
            facts.take(body: Data(body.readableBytesView))
        }
        for (name, value) in request.uri.queryParameters { facts.take(String(name), .text(String(value))) }
        return facts
    }

    /// Takes what a body mentions; one that is no JSON mentions nothing, and the route says what is wrong with it.
    mutating func take(body: Data) {
        guard let tree = Self.tree(body) else { return }
        if case .object(let members) = tree, case .text(let word)? = members["operation"] { operation = word }
        take(tree)
    }

    private static func tree(_ body: Data) -> JSONTree? { try? JSONDecoder().decode(JSONTree.self, from: body) }

    private mutating func take(_ tree: JSONTree) {
        switch tree {
        case .object(let members): for (name, value) in members { take(name, value) }
        case .array(let items): for item in items { take(item) }
        case .text, .other: break
        }
    }

    private mutating func take(_ name: String, _ value: JSONTree) {
        switch (name, value) {
        case ("workspace", .text(let word)): workspaces.insert(word)
        case ("environment", .text(let word)): environments.insert(word)
        case ("approval_id", .text(let word)): approvalID = word
        case ("force", .text("true")), ("force", .other(.boolean(true))): isForced = true
        case ("node_count", .other(.number(let number))): nodeCount = max(nodeCount, Int(number.rounded(.up)))
        case ("servers", .array(let items)):
            servers.formUnion(items.compactMap { if case .text(let name) = $0 { name } else { nil } })
            take(value)
        // A definition may come as a text inside.
        case ("workflow", .text(let text)): if let tree = Self.tree(Data(text.utf8)) { take(tree) }
        default: take(value)
        }
    }

    /// The most careful tier that is mentioned; development if none is.
    func tier() throws -> Tier {
        try environments.map { word in
            guard let tier = Tier(spelling: word) else {
                throw PlatformError(.invalid, "environment: \"\(word)\" is none of development, staging, production")
            }
            return tier
        }.max() ?? .development
    }
}

/// Any JSON, as far as the policy looks.
private enum JSONTree: Decodable {
    enum Other { case boolean(Bool), number(Double), null }

    case object([String: JSONTree])
    case array([JSONTree])
    case text(String)
    case other(Other)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let members = try? container.decode([String: JSONTree].self) {
            self = .object(members)
        } else if let items = try? container.decode([JSONTree].self) {
            self = .array(items)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let value = try? container.decode(Bool.self) {
            self = .other(.boolean(value))
        } else if let number = try? container.decode(Double.self) {
            self = .other(.number(min(max(number, -1e9), 1e9)))
        } else {
            self = .other(.null)
        }
    }
}
