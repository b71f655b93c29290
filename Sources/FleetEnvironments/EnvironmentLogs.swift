public import FleetModel

/// The logs of an environment's services, also of one that another process holds.
public struct EnvironmentLogs: Sendable, Hashable {
    private let directory: String
    private let services: [String]

    /// Names the directory of an environment and its services.
    public init(directory: String, services: [String]) {
        self.directory = directory
        self.services = services
    }

    /// Marks this moment in all logs.
    public func mark() -> LogMark {
        LogMark(sizes: Dictionary(services.map { ($0, LogWindow.size(of: Self.file(of: $0, in: directory))) }) { $1 })
    }

    /// What each service has logged since a mark, bounded; services that were silent are left out.
    public func since(_ mark: LogMark) -> [ServiceLog] {
        services.compactMap { service in
            let text = LogWindow.text(of: Self.file(of: service, in: directory), from: mark.sizes[service] ?? 0)
            return text.isEmpty ? nil : ServiceLog(service: service, text: text)
        }
    }

    static func file(of service: String, in directory: String) -> String { "\(directory)/logs/\(service).log" }
}
