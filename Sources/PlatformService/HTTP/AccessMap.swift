/// What requests mean to the policy: which path is about which kind of thing, and which word in it is which action.
///
/// A path that begins as no line does is about the platform itself, which only administrators may touch. One that begins as
/// a line does is about that line's kind, a new route too, and its last segment says what is done.
public struct AccessMap: Sendable {
    /// Paths that are always answered: health and metrics.
    let probes: Set<String>
    /// Paths that anybody may use, within the rate limit.
    let open: Set<String>
    /// Paths about the caller himself, which every known caller may use.
    let personal: Set<String>
    /// The kind of each path, by its beginning; the longest that fits counts.
    let kinds: [(prefix: String, kind: ResourceKind)]
    /// Actions of POST requests by the last segment of their path.
    let verbs: [String: Action]
    /// Segments after a kind's path that name a list or a sum, not one thing.
    let lists: Set<String>
    /// Paths whose routes obey the member `operation` of the body; elsewhere it means nothing.
    let operationPaths: Set<String>
    /// Paths of kinds whose next segment is a name, even one that is spelled like a verb or a list.
    let named: Set<String>
    /// Last segments of the paths whose routes take an archive instead of JSON when the header says octet-stream.
    let archives: Set<String>

    /// A map of these lines.
    public init(
        probes: Set<String>, open: Set<String> = [], personal: Set<String> = [],
        kinds: [(prefix: String, kind: ResourceKind)],
        verbs: [String: Action] = [:],
        lists: Set<String> = ["query", "export", "stats"], operationPaths: Set<String> = [], named: Set<String> = [],
        archives: Set<String> = []
    ) {
        self.named = named
        self.archives = archives
        self.lists = lists
        self.probes = probes
        self.open = open
        self.personal = personal
        self.operationPaths = operationPaths
        self.kinds = kinds.sorted { $0.prefix.count > $1.prefix.count }
        self.verbs = verbs
    }

    /// The kind of thing that a path is about.
    func kind(of path: String) -> ResourceKind {
        kinds.first { path == $0.prefix || path.hasPrefix($0.prefix + "/") }?.kind ?? .platform
    }

    /// The name of the one thing that a path is about: the segment after the kind's path, unless that is a verb or a list.
    func name(in path: String) -> String? {
        guard let prefix = kinds.first(where: { path.hasPrefix($0.prefix + "/") })?.prefix else { return nil }
        let rest = path.dropFirst(prefix.count + 1).split(separator: "/")
        guard let first = rest.first.map(String.init) else { return nil }
        guard named.contains(prefix) || (verbs[first] == nil && !lists.contains(first)) else { return nil }
        return Self.decoded(first)
    }

    /// Whether the route of the path takes archives.
    func takesArchives(_ path: String) -> Bool {
        path.split(separator: "/").last.map { archives.contains(String($0)) } ?? false
    }

    /// A path segment without percent encoding, as the router hands it to the route.
    private static func decoded(_ segment: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(segment.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The action of a request. `operation` is what the body says in its member of that name.
    func action(_ method: String, _ path: String, operation: String?) -> Action {
        switch method {
        case "GET", "HEAD": return name(in: path) == nil ? .list : .read
        case "DELETE": return .delete
        case "PUT", "PATCH": return .update
        default:
            switch operationPaths.contains(path) ? operation : nil {
            case "delete": return .delete
            case "check": return .monitor
            default: return path.split(separator: "/").last.flatMap { verbs[String($0)] } ?? .create
            }
        }
    }
}
