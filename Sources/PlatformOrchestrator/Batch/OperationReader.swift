import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads one operation of a batch. An item that is an object has the operation's members for defaults; one that is a
/// string names a server, a taskserv or a cluster.
struct OperationReader: Decodable, Sendable {
    let id: String
    private let members: [String: JSONValue]
    private let type: String
    private let target: String?
    private let items: [JSONValue]
    private let providers: [String]
    private let dependencies: [NeedReader]
    private let isParallel: Bool
    private let timeout: Double
    private let onFailure: String?
    private let retry: RetryReader?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, type, target, items, providers, dependencies, parallel, timeout, retry
        case dependsOn = "depends_on"
        case onFailure = "on_failure"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        type = try container.decodeIfPresent(String.self, forKey: .type) ?? "create"
        target = try container.decodeIfPresent(String.self, forKey: .target)
        items = try container.decodeIfPresent([JSONValue].self, forKey: .items) ?? []
        providers = try container.decodeIfPresent([String].self, forKey: .providers) ?? []
        dependencies =
            (try container.decodeIfPresent([NeedReader].self, forKey: .dependencies) ?? [])
            + (try container.decodeIfPresent([NeedReader].self, forKey: .dependsOn) ?? [])
        isParallel = try container.decodeIfPresent(Bool.self, forKey: .parallel) ?? true
        timeout = try container.decodeIfPresent(Double.self, forKey: .timeout) ?? 300
        onFailure = try container.decodeIfPresent(String.self, forKey: .onFailure)
        retry = try container.decodeIfPresent(RetryReader.self, forKey: .retry)
        let all = try [String: JSONValue](from: decoder)
        let own = Set(CodingKeys.allCases.map(\.rawValue))
        members = all.filter { !own.contains($0.key) }
    }

    /// Its dependencies as it lists them.
    func needs() throws -> [BatchOperation.Need] { try dependencies.map { try $0.need() } }

    /// The operation, checked.
    func operation(needs: [BatchOperation.Need], retry usual: BatchOperation.Retry) throws -> BatchOperation {
        let (verb, target) = try kind()
        let spelling = onFailure ?? BatchOperation.OnFailure.rollback.rawValue
        guard let onFailure = BatchOperation.OnFailure(rawValue: spelling) else {
            throw PlatformError(.invalid, "\(id).on_failure: \"\(spelling)\" is none of fail, continue, rollback")
        }
        guard timeout > 0, timeout <= 86_400 else {
            throw PlatformError(.invalid, "\(id).timeout: \(timeout) is no number of seconds up to a day")
        }
        let items: [BatchOperation.Item]
        do { items = try bodies(target).flatMap { try Self.items(verb, target, $0) } } catch {
            let words = (error as? DecodingError).map { Answer.words(of: $0) } ?? words(of: error)
            throw PlatformError(.invalid, "\(id): \(words)")
        }
        return BatchOperation(
            id: id, items: items, needs: needs, isParallel: isParallel, timeout: timeout, onFailure: onFailure,
            retry: try retry?.policy() ?? usual)
    }
}

extension OperationReader {
    private enum Verb: String { case create, update, delete, check }
    private enum Target: String { case server, taskserv, cluster }

    /// The plan has `type` and `target`; the shipped files have `server_batch` and its like, which create.
    private func kind() throws -> (Verb, Target) {
        if type.hasSuffix("_batch"), let target = Target(rawValue: String(type.dropLast("_batch".count))) {
            return (.create, target)
        }
        guard let verb = Verb(rawValue: type) else {
            throw PlatformError(
                .invalid,
                "\(id).type: \"\(type)\" is none of create, update, delete, check, server_batch, "
                    + "taskserv_batch, cluster_batch")
        }
        guard let target = Target(rawValue: self.target ?? "server") else {
            throw PlatformError(.invalid, "\(id).target: \"\(self.target ?? "")\" is none of server, taskserv, cluster")
        }
        return (verb, target)
    }

    /// What each item asks for, in the form of a workflow's submission.
    private func bodies(_ target: Target) throws -> [Submission] {
        var bodies: [[String: JSONValue]] = items.isEmpty ? [members] : []
        for item in items {
            switch item {
            case .string(let text):
                let member: [String: JSONValue] =
                    switch target {
                    case .server: ["servers": .array([.string(text)])]
                    case .taskserv: ["taskserv": .string(text)]
                    case .cluster: ["name": .string(text)]
                    }
                bodies.append(members.merging(member) { $1 })
            case .object(var own):
                if target == .server, let name = own["hostname"] ?? own["name"] { own["servers"] = .array([name]) }
                bodies.append(members.merging(own) { $1 })
            default: throw PlatformError(.invalid, "items: an item is a string or an object")
            }
        }
        // Several providers take the items in turn.
        for index in bodies.indices where !providers.isEmpty && bodies[index]["provider"] == nil {
            bodies[index]["provider"] = .string(providers[index % providers.count])
        }
        return try bodies.map {
            try JSONDecoder().decode(Submission.self, from: JSONEncoder().encode(JSONValue.object($0)))
        }
    }

    /// A server, or a taskserv on a server, is an item of its own, so that each can succeed or fail by itself.
    private static func items(
        _ verb: Verb, _ target: Target, _ body: Submission
    ) throws -> [BatchOperation.Item] {
        switch target {
        case .server:
            return try (body.servers ?? []).isEmpty
                ? [try item(verb, body)]
                : (body.servers ?? []).map { name in
                    var one = body
                    one.servers = [name]
                    return try item(verb, one)
                }
        case .taskserv:
            var body = body
            guard verb != .update else { throw PlatformError(.invalid, "type: a taskserv is updated by create") }
            body.operation = verb.rawValue
            let order = try body.taskservOrder()
            return order.servers.map { server in
                var one = order
                one.servers = [server]
                return .init(name: "\(body.taskserv ?? "") on \(server)", work: .taskserv(one))
            }
        case .cluster:
            switch verb {
            case .create:
                let order = try body.clusterOrder()
                return [.init(name: order.name, work: .createCluster(order))]
            case .delete:
                guard case .deleteCluster(let order) = try body.clusterDeletion().work else { return [] }
                return [.init(name: order.name, work: .deleteCluster(order))]
            case .update, .check: throw PlatformError(.invalid, "type: a cluster is created or deleted")
            }
        }
    }

    private static func item(_ verb: Verb, _ body: Submission) throws -> BatchOperation.Item {
        let name = body.servers?.first ?? ""
        return switch verb {
        case .create: .init(name: name, work: .createServers(try body.serverOrder()))
        case .delete: .init(name: name, work: .deleteServers(try body.serverOrder()))
        case .check: .init(name: name, work: .checkServers(try body.serverOrder()))
        case .update: .init(name: name, work: .updateServers(try body.updateOrder()))
        }
    }
}
