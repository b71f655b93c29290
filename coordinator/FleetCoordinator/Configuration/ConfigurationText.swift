import FleetModel

/// A configuration for people, in the form of its file, with every default; secrets by their places.
enum ConfigurationText {
    /// The lines.
    static func render(_ configuration: TestConfiguration) -> String {
        let environment = configuration.environment
        var lines = [
            "test_execution:", "  timeouts:",
            "    test_timeout_seconds: \(configuration.testTimeoutSeconds.map(number) ?? "null # each test's own")",
            "    environment_timeout_seconds: \(number(environment.readySeconds))", "environment:",
            "  driver: \(configuration.driver?.rawValue ?? "null # hosts.txt, else the best that the host has")",
            "  strict_services: \(configuration.strictServices)", "  ports: \(environment.portPreset.rawValue)",
            "services:",
        ]
        for row in ServiceTable.rows.sorted(by: { $0.name < $1.name }) {
            let settings = environment.services[row.name] ?? ServiceSettings()
            lines.append("  \(row.name): # from \(row.mode) on")
            lines.append("    port: \(port(of: row.name, settings, environment))")
            lines += backings(settings.backings)
        }
        return lines.joined(separator: "\n")
    }

    private static func port(of name: String, _ settings: ServiceSettings, _ environment: EnvironmentSettings) -> String
    {
        if let port = settings.port { return "\(port)" }
        let standard = ServiceTable.port(of: name, in: environment.portPreset)
        return "null # \(standard) in a network of its own, else one that is free"
    }

    private static func backings(_ backings: [BackingSettings]) -> [String] {
        guard !backings.isEmpty else { return ["    backings: null # the standard order"] }
        return ["    backings:"]
            + backings.flatMap { backing in
                let secrets = backing.credentials.sorted { $0.key < $1.key }.map { "#   \($0.key): \($0.value)" }
                let words = backing.command.isEmpty ? "" : " # \(backing.command.joined(separator: " "))"
                return ["      - \(backing.kind.rawValue)\(words)"] + secrets.map { "        \($0)" }
            }
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
}
