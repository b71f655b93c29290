/// Which services an environment has; each mode contains all services of the one below it.
public enum Mode: String, CaseIterable, Codable, Sendable, Comparable, CustomStringConvertible {
    /// Orchestrator, DNS and OCI registry.
    case solo
    /// Solo plus control center, extension registry, Gitea and PostgreSQL.
    case multiuser
    /// Multiuser plus API server and Prometheus.
    case cicd
    /// CI/CD plus Harbor, Grafana, KMS and Elasticsearch.
    case enterprise

    private var rank: Int {
        switch self {
        case .solo: 0
        case .multiuser: 1
        case .cicd: 2
        case .enterprise: 3
        }
    }

    /// A mode is less than another when its services are a proper subset of the other's.
    public static func < (left: Mode, right: Mode) -> Bool { left.rank < right.rank }

    /// The name as it is written on the command line.
    public var description: String { rawValue }
}
