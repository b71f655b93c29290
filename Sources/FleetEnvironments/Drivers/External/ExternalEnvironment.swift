import FleetHTTP
public import FleetModel
import FleetSystem

/// An environment that is already there: nothing of it is set up, watched or torn down.
public struct ExternalEnvironment: Sendable {
    /// Where its services are, as the configuration says.
    public let endpoints: Endpoints
    /// Its services.
    public let services: [ServiceInfo]
    /// What only those may know who may change a service: values by service and name. Never to be logged.
    public let credentials: [String: [String: String]]
    /// How long it took until all had answered, in seconds.
    public let readySeconds: Double

    /// Finds the services of a mode where the configuration says, and asks each once whether it is there.
    public static func find(
        _ request: EnvironmentRequest, _ settings: EnvironmentSettings, name: String
    ) async throws(EnvironmentFailure) -> ExternalEnvironment {
        let begin = ContinuousClock.now
        let wanted = ServiceTable.services(of: request.mode)
        let missing = missingServices(for: request.mode, settings)
        guard missing.isEmpty else {
            throw EnvironmentFailure(
                kind: .missing, tried: "an external environment of the mode \(request.mode)",
                happened: "the configuration does not say where \(missing.joined(separator: ", ")) are",
                advice: "give each an external backing with its properties")
        }
        var table = [
            "environment": ["mode": request.mode.rawValue, "driver": Driver.external.rawValue, "name": name]
        ]
        var (services, credentials): ([ServiceInfo], [String: [String: String]]) = ([], [:])
        let client = HTTPClient(idleConnections: 4)
        for service in wanted {
            guard let backing = backing(of: service, settings) else { continue }
            try await ask(service, backing, client)
            table[service] = backing.properties
            let secrets = backing.credentials.compactMapValues(\.value)
            if !secrets.isEmpty { credentials[service] = secrets }
            let version = backing.properties["version"] ?? "of a version that the configuration does not tell"
            services.append(ServiceInfo(name: service, backing: .external, version: version, readySeconds: 0))
        }
        return ExternalEnvironment(
            endpoints: Endpoints(table), services: services, credentials: credentials,
            readySeconds: begin.duration(to: .now).seconds)
    }

    /// The services of a mode that have no external backing.
    static func missingServices(for mode: Mode, _ settings: EnvironmentSettings) -> [String] {
        ServiceTable.services(of: mode).filter { backing(of: $0, settings) == nil }
    }

    private static func backing(of service: String, _ settings: EnvironmentSettings) -> BackingSettings? {
        settings.services[service]?.backings.first { $0.kind == .external }
    }

    // Any answer will do: whether it is the right one is what the tests are for.
    private static func ask(
        _ service: String, _ backing: BackingSettings, _ client: HTTPClient
    ) async throws(EnvironmentFailure) {
        guard let url = backing.properties["url"] else { return }
        do {
            _ = try await client.execute(HTTPRequest(url: url, timeout: .seconds(10), bodyLimit: 16 << 20))
        } catch {
            throw EnvironmentFailure(
                kind: .start, service: service, tried: "GET \(url)", happened: error.detail,
                advice: "start the environment, or correct services.\(service) in the configuration")
        }
    }
}
