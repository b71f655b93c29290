import FleetSystem
import InterfaceProfile

/// The metrics page, in Prometheus' text format.
enum MetricsPage {
    /// What is counted now.
    static func text(_ services: Services) async -> String {
        let names = InterfaceProfile.standard.metrics
        let tasks = Dictionary(grouping: await services.engine.tasks(nil), by: \.status)
        var page = family(names.tasks, "gauge", "Tasks in each state.")
        for status in TaskStatus.allCases {
            page += sample(names.tasks, [("status", status.rawValue)], Double(tasks[status]?.count ?? 0))
        }
        page += single(names.servers, "gauge", "Servers that exist.", Double(await services.registry.all.count))
        page += single(
            names.extensions, "gauge", "Extensions in the cache.", Double(await services.loader.loaded.count))
        page += single(
            names.downloads, "counter", "Archives downloaded from the registry.",
            Double(await services.loader.downloadCount))
        page += single(
            names.cacheHits, "counter", "Loads that the cache answered.", Double(await services.loader.cacheHits))
        page += family(names.requests, "counter", "Requests answered.")
        let counts = services.counter.counts.withLock { $0 }
        for (key, count) in counts.sorted(by: { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) }) {
            page += sample(names.requests, [("method", key.method), ("status", "\(key.status)")], Double(count))
        }
        let uptime = Timestamp.now().seconds(since: services.started)
        return page + single(names.uptime, "gauge", "Seconds since the start.", uptime)
    }

    private static func family(_ name: String, _ type: String, _ help: String) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private static func sample(_ name: String, _ labels: [(String, String)], _ value: Double) -> String {
        let list = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        return "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    private static func single(_ name: String, _ type: String, _ help: String, _ value: Double) -> String {
        family(name, type, help) + sample(name, [], value)
    }
}
