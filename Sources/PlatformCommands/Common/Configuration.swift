import FleetSystem
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the services are: by option, else by environment variable, else by the configuration file, else on this machine.
struct Configuration: Sendable, Hashable {
    /// The services that a command may speak with.
    enum Service: String, Sendable, CaseIterable {
        case orchestrator
        case controlCenter = "control_center"
        case extensionRegistry = "extension_registry"
        case ociRegistry = "oci_registry"

        /// The documented ports.
        var standard: String {
            switch self {
            case .orchestrator: "http://localhost:9090"
            case .controlCenter: "http://localhost:9080"
            case .extensionRegistry: "http://localhost:8082"
            case .ociRegistry: "http://localhost:5000"
            }
        }

        /// For example `PROVISIONING_CONTROL_CENTER_URL`.
        var variable: String { "PROVISIONING_\(rawValue.uppercased())_URL" }

        /// For people.
        var name: String { "the \(rawValue.replacing("_", with: " ").replacing("oci", with: "OCI"))" }
    }

    private var urls: [Service: String] = [:]
    /// A file (0600) with the login for the OCI registry, nil when it wants none.
    private(set) var ociCredentials: String?

    /// Puts the places together. Throws what is wrong with the configuration file.
    init(
        options: [Service: String], file: String?, environment: [String: String]
    ) throws(CommandFailure) {
        let named = file ?? environment["PROVISIONING_CONFIG"]
        let members = try Self.read(named ?? Self.standardFile(environment), mustExist: named != nil)
        for service in Service.allCases {
            let given = options[service] ?? environment[service.variable] ?? members[service.rawValue]
            urls[service] = given ?? service.standard
        }
        ociCredentials = members["oci_credentials"]
    }

    /// A client of a service. Throws when its URL is none.
    func client(_ service: Service) throws(CommandFailure) -> WebClient {
        do throws(PlatformError) { return try WebClient(url: url(service), name: service.name) } catch {
            throw CommandFailure(.configuration, error.message)
        }
    }

    /// The base URL of a service.
    func url(_ service: Service) -> String { urls[service] ?? service.standard }

    /// `$XDG_CONFIG_HOME/provisioning/config.json`.
    private static func standardFile(_ environment: [String: String]) -> String {
        let home = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (home ?? (environment["HOME"] ?? "/") + "/.config") + "/provisioning/config.json"
    }

    private static func read(_ file: String, mustExist: Bool) throws(CommandFailure) -> [String: String] {
        guard let content = FileManager.default.contents(atPath: file) else {
            guard mustExist else { return [:] }
            throw CommandFailure(.configuration, "the configuration \(file) cannot be read")
        }
        guard let members = try? JSONDecoder().decode([String: String].self, from: content) else {
            throw CommandFailure(.configuration, "the configuration \(file) is no JSON object of texts")
        }
        let known = Service.allCases.map(\.rawValue) + ["oci_credentials"]
        let unknown = members.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw CommandFailure(
                .configuration,
                "the configuration \(file) has unknown members: \(unknown.joined(separator: ", ")); known are \(known.joined(separator: ", "))"
            )
        }
        return members
    }
}
