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
    /// The member of that name at the top of the body, or of its `params`.
    var operation: String?
    var nodeCount = 0

    /// Reads the facts of a request, and leaves its body as it was.
    ///
    /// - Parameter takesArchives: whether the route takes an archive, which is no JSON and is not read twice, where the
    ///   header says so. Every other body may be JSON, whatever its header says.
    static func read(_ request: inout Request, limit: Int, takesArchives: Bool) async throws -> RequestFacts {
        var facts = RequestFacts()
        if !takesArchives || request.headers[.contentType] != "application/octet-stream" {
            let body = try await request.collectBody(upTo: limit)
            facts.take(body: Data(body.readableBytesView))
        }
        for (name, value) in request.uri.queryParameters { facts.take(String(name), .string(String(value))) }
        return facts
    }

    /// Takes what a body mentions; one that is no JSON mentions nothing, and the route says what is wrong with it.
    mutating func take(body: Data) {
        guard let tree = Self.tree(body) else { return }
        operation = tree["operation"].text ?? tree["params"]["operation"].text
        take(tree)
    }

    private static func tree(_ body: Data) -> JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: body) }

    private mutating func take(_ tree: JSONValue) {
        switch tree {
        case .object(let members): for (name, value) in members { take(name, value) }
        case .array(let items): for item in items { take(item) }
        default: break
        }
    }

    private mutating func take(_ name: String, _ value: JSONValue) {
        switch (name, value) {
        case ("workspace", .string(let word)): workspaces.insert(word)
        case ("environment", .string(let word)): environments.insert(word)
        case ("approval_id", .string(let word)): approvalID = word
        case ("force", .string("true")), ("force", .boolean(true)): isForced = true
        case ("node_count", .integer(let number)): nodeCount = max(nodeCount, number)
        case ("node_count", .number(let number)): nodeCount = max(nodeCount, Int(min(number.rounded(.up), 1e9)))
        case ("servers", .array(let items)):
            servers.formUnion(items.compactMap(\.text))
            take(value)
        // A definition may come as a text inside.
        case ("workflow", .string(let text)): if let tree = Self.tree(Data(text.utf8)) { take(tree) }
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
