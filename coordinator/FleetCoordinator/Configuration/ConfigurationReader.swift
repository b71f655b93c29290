import FleetModel
import Yams

/// Walks the nodes of a configuration and collects everything that is wrong instead of stopping at the first.
struct ConfigurationReader: NodeReader {
    /// The services that there are, for the names below `services`.
    static let services = ServiceTable.rows.map(\.name).sorted()

    let file: String
    /// The directory that relative paths in the file begin at.
    let folder: String
    var errors: [InputError] = []

    init(file: String, folder: String) {
        self.file = file
        self.folder = folder
    }

    /// Reads the document.
    mutating func read(_ root: Node) -> TestConfiguration {
        var configuration = TestConfiguration()
        guard let fields = fields(root, of: "the file", known: ["test_execution", "environment", "services"]) else {
            return configuration
        }
        if let node = fields["test_execution"]?.value { readExecution(node, &configuration) }
        if let node = fields["environment"]?.value { readEnvironment(node, &configuration) }
        if let node = fields["services"]?.value { readServices(node, &configuration.environment) }
        checkPorts(configuration.environment, fields["services"]?.value)
        return configuration
    }

    private mutating func readExecution(_ node: Node, _ configuration: inout TestConfiguration) {
        guard let outer = fields(node, of: "test_execution", known: ["timeouts"]),
            let timeouts = outer["timeouts"],
            let fields = fields(
                timeouts.value, of: "timeouts", known: ["test_timeout_seconds", "environment_timeout_seconds"])
        else { return }
        configuration.testTimeoutSeconds = fields["test_timeout_seconds"].flatMap {
            seconds($0.value, "test_timeout_seconds", from: 1)
        }
        if let field = fields["environment_timeout_seconds"],
            let seconds = seconds(field.value, "environment_timeout_seconds", from: 1)
        {
            configuration.environment.readySeconds = seconds
        }
    }

    private mutating func readEnvironment(_ node: Node, _ configuration: inout TestConfiguration) {
        guard let fields = fields(node, of: "environment", known: ["driver", "strict_services", "ports"]) else {
            return
        }
        configuration.driver = fields["driver"].flatMap { word($0.value, "driver", Driver.self) }
        configuration.strictServices = fields["strict_services"].flatMap { flag($0.value, "strict_services") } ?? false
        if let preset = fields["ports"].flatMap({ word($0.value, "ports", PortPreset.self) }) {
            configuration.environment.portPreset = preset
        }
        guard configuration.driver == .external, configuration.strictServices, let field = fields["strict_services"]
        else {
            return
        }
        fail(
            field.key, "strict_services has no meaning with the driver external", "leave one of the two out")
    }

    private mutating func readServices(_ node: Node, _ environment: inout EnvironmentSettings) {
        guard let fields = fields(node, of: "services", known: Self.services) else { return }
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
            guard let settings = self.fields(field.value, of: "services.\(name)", known: ["port", "backings"]) else {
                continue
            }
            var service = ServiceSettings()
            service.port = settings["port"].flatMap { number($0.value, "port", 1...65_535) }
            for backing in settings["backings"].flatMap({ list($0.value, "backings") }) ?? [] {
                if let backing = readBacking(backing, of: name) { service.backings.append(backing) }
            }
            if let backings = settings["backings"], case .sequence(let list) = backings.value, list.isEmpty {
                fail(backings.value, "backings of \(name) is empty", "leave it out for the standard order")
            }
            environment.services[name] = service
        }
    }

    /// Two services cannot listen on one port.
    private mutating func checkPorts(_ environment: EnvironmentSettings, _ node: Node?) {
        var owners: [Int: String] = [:]
        for (name, service) in environment.services.sorted(by: { $0.key < $1.key }) {
            guard let port = service.port else { continue }
            if let other = owners[port], let key = node?.mapping?.first(where: { $0.key.string == name })?.value {
                let place = key.mapping?.first { $0.key.string == "port" }?.value ?? key
                fail(place, "\(name) has the port \(port) of \(other)", "give one of the two another port")
            }
            owners[port] = name
        }
    }
}
