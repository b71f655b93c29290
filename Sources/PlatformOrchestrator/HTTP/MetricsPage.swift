import InterfaceProfile
import PlatformService

/// What the orchestrator's metrics page shows.
enum MetricsPage {
    /// What is counted now.
    static func make(_ services: Services) async -> PrometheusPage {
        let names = InterfaceProfile.standard.metrics
        let tasks = Dictionary(grouping: await services.engine.tasks(nil), by: \.status)
        var page = PrometheusPage()
        page.add(
            names.tasks, .gauge, "Tasks in each state.",
            samples: TaskStatus.allCases.map { status in
                .init(Double(tasks[status]?.count ?? 0), labels: [("status", status.rawValue)])
            })
        page.add(names.servers, .gauge, "Servers that exist.", Double(await services.registry.all.count))
        page.add(names.extensions, .gauge, "Extensions in the cache.", Double(await services.loader.loaded.count))
        page.add(
            names.downloads, .counter, "Archives downloaded from the registry.",
            Double(await services.loader.downloadCount))
        page.add(
            names.cacheHits, .counter, "Loads that the cache answered.", Double(await services.loader.cacheHits))
        services.counter.report(to: &page, as: names.requests)
        page.add(names.uptime, .gauge, "Seconds since the start.", Timestamp.now().seconds(since: services.started))
        return page
    }
}
