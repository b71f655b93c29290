/// One service of a running environment, as the reports name it.
public struct ServiceInfo: Hashable, Sendable, Codable {
    /// The service: `orchestrator`, `dns`, `registry`, …
    public var name: String
    /// What stands behind it.
    public var backing: Backing
    /// Product and version as the product states them, such as `knot 3.2.6`.
    public var version: String
    /// How long it took until its health gate opened, in seconds.
    public var readySeconds: Double

    /// Describes a service.
    public init(name: String, backing: Backing, version: String, readySeconds: Double) {
        self.name = name
        self.backing = backing
        self.version = version
        self.readySeconds = readySeconds
    }
}

/// Where the services of an environment are reached: properties by service name.
///
/// For example `dns` has `address`, `port` and `zone`; `orchestrator` and `registry` have `url`.
/// A command test sees `{dns.address}` and the variable `FLEET_DNS_ADDRESS`.
public struct Endpoints: Hashable, Sendable, Codable {
    /// Property values by service, then by property.
    public var services: [String: [String: String]]

    /// Wraps the table.
    public init(_ services: [String: [String: String]] = [:]) { self.services = services }

    /// The value of one property; nil when the environment does not have it.
    public subscript(service: String, property: String) -> String? { services[service]?[property] }

    /// The table as environment variables, `FLEET_SERVICE_PROPERTY`, for programs.
    public var variables: [String: String] {
        var result: [String: String] = [:]
        for (service, properties) in services {
            for (property, value) in properties {
                let name = "FLEET_\(service)_\(property)".uppercased().replacing("-", with: "_")
                result[name] = value
            }
        }
        return result
    }
}

/// What is asked of an agent for one lane.
public struct EnvironmentRequest: Hashable, Sendable, Encodable {
    /// Which services.
    public var mode: Mode
    /// How to isolate them; nil leaves it to the host: `namespace` where possible, else `process`.
    public var driver: Driver?
    /// Whether a builtin backing is an error.
    public var strictServices: Bool

    /// Describes an environment.
    public init(mode: Mode, driver: Driver? = nil, strictServices: Bool = false) {
        self.mode = mode
        self.driver = driver
        self.strictServices = strictServices
    }
}
