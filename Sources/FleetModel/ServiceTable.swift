/// The services that environments are made of: in which modes they are, whom they need, where they listen.
public enum ServiceTable {
    /// One service.
    public struct Row: Sendable {
        /// Its name in endpoints and reports.
        public var name: String
        /// The lowest mode that has it.
        public var mode: Mode
        /// The services that must be ready before it starts; those that the environment does not have hold nobody up.
        public var dependencies: [String] = []
        /// The port that it has where nobody else is.
        public var port: Int
    }

    /// The registry behind Harbor: part of it, and told to nobody else.
    public static let harborRegistry = "harbor-registry"

    /// All of them, but what is part of another one.
    public static let rows: [Row] = [
        Row(name: "dns", mode: .solo, port: 53),
        Row(name: "registry", mode: .solo, port: 5000),
        Row(
            name: "orchestrator", mode: .solo,
            dependencies: [
                "dns", "registry", "gitea", "control-center", "extension-registry", "elasticsearch", "openbao", "kms",
            ], port: 9090),
        Row(name: "gitea", mode: .multiuser, port: 3000),
        Row(name: "postgresql", mode: .multiuser, port: 5432),
        Row(
            name: "control-center", mode: .multiuser, dependencies: ["postgresql", "elasticsearch"], port: 9080),
        Row(
            name: "extension-registry", mode: .multiuser, dependencies: ["registry", "gitea", "control-center"],
            port: 8082),
        Row(
            name: "api-server", mode: .cicd, dependencies: ["postgresql", "control-center", "orchestrator"], port: 8083),
        Row(name: "prometheus", mode: .cicd, port: 9091),
        Row(name: "elasticsearch", mode: .enterprise, port: 9200),
        Row(name: "openbao", mode: .enterprise, port: 8200),
        Row(name: "kms", mode: .enterprise, dependencies: ["openbao", "control-center"], port: 8081),
        Row(name: "harbor", mode: .enterprise, dependencies: [harborRegistry], port: 8085),
        Row(name: "grafana", mode: .enterprise, dependencies: ["prometheus"], port: 3001),
    ]

    // Harbor's registry listens where nobody looks for one.
    private static let partPorts = [harborRegistry: 5001]

    private static let byName = Dictionary(rows.map { ($0.name, $0) }) { first, _ in first }

    /// What is started besides, because a service of the mode consists of it.
    public static func parts(of mode: Mode) -> [String] { mode < .enterprise ? [] : [harborRegistry] }

    /// The services of a mode: its own and those of the modes below.
    public static func services(of mode: Mode) -> [String] { rows.filter { $0.mode <= mode }.map(\.name) }

    /// The services that must be ready before one starts.
    public static func dependencies(of service: String) -> [String] { byName[service]?.dependencies ?? [] }

    /// The port that a service has in a set.
    public static func port(of service: String, in preset: PortPreset) -> Int {
        presets[preset]?[service] ?? byName[service]?.port ?? partPorts[service] ?? 0
    }

    // Where a set differs from the standard.
    private static let presets: [PortPreset: [String: Int]] = [
        .legacy: ["orchestrator": 8080],
        .operations: [
            "orchestrator": 8080, "control-center": 9090, "extension-registry": 8084, "kms": 8082,
        ],
        .localDeployment: ["control-center": 8000],
    ]
}
