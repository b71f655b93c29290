import FleetModel
import FleetSystem

/// A service that is a subcommand of the bundle's `platform`: the reference platform's own, and the builtin ones.
///
/// All take `--listen`, `--data` and `--settings`; docs/PLATFORM.md has the settings of each.
struct PlatformProgram: ServiceBacking {
    static let program = RequiredProgram(name: "platform", from: .bundle)

    let service: String
    /// The programs that it needs beside `platform`.
    var furtherPrograms: [RequiredProgram] = []
    /// What must answer 200, in this order.
    var gates = ["/health", "/ready"]
    /// Whether Prometheus finds its metrics at `/metrics`.
    var hasMetrics = true
    /// What goes into its settings file, and what others may and must know of it.
    let describe: @Sendable (ServiceSurroundings, _ url: String) -> Description

    /// What differs from service to service.
    struct Description: Sendable {
        var settings: [String: SettingsValue]
        var properties: [String: String] = [:]
        var secrets: [String: String] = [:]
        /// Files that are written before the start, beside the settings.
        var files: [ServiceLaunch.File] = []
        /// What opens the gates of a service that asks everybody for a login.
        var authorization: String?
    }

    var kind: Backing { .builtin }
    var programs: [RequiredProgram] { [PlatformProgram.program] + furtherPrograms }

    func version(in surroundings: ServiceSurroundings) async -> String {
        await ProgramVersion.firstLine(
            of: surroundings.program(PlatformProgram.program), ["version"], path: surroundings.plan.programPath)
            ?? "reference platform of unknown version"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let url = "http://127.0.0.1:\(port)"
        let description = describe(surroundings, url)
        var properties = ["url": url]
        if hasMetrics { properties["metrics"] = "\(url)/metrics" }
        let settings = String(decoding: KeeperCoding.encode(description.settings), as: UTF8.self)
        return ServiceLaunch(
            executable: surroundings.program(PlatformProgram.program),
            arguments: [
                service, "--listen", "127.0.0.1:\(port)", "--data", "\(directory)/data", "--settings",
                "\(directory)/settings.json",
            ],
            files: description.files + [.init(path: "\(directory)/settings.json", content: settings)],
            gates: gates.map { .http(url: url + $0, authorization: description.authorization) },
            properties: properties.merging(description.properties) { $1 },
            secrets: description.secrets)
    }
}

/// A value in a settings file.
enum SettingsValue: Sendable, Hashable, Encodable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([SettingsValue])
    case table([String: SettingsValue])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .table(let values): try container.encode(values)
        }
    }
}
