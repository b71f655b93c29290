import InterfaceProfile
import PlatformExtensions
import PlatformService

/// What the orchestrator's metrics page shows.
enum MetricsPage {
    /// What is counted now.
    static func make(_ services: Services) async -> PrometheusPage {
        let names = InterfaceProfile.standard.metrics
        let tasks = await services.engine.counts
        var page = PrometheusPage()
        page.add(
            names.tasks, .gauge, "Tasks in each state.",
            samples: TaskStatus.allCases.map { status in
                .init(Double(tasks[status] ?? 0), labels: [("status", status.rawValue)])
            })
        page.add(names.servers, .gauge, "Servers that exist.", Double(await services.registry.count))
        page.add(names.extensions, .gauge, "Extensions in the cache.", Double(await services.loader.loaded.count))
        let cache = await services.loader.statistics
        page.add(names.downloads, .counter, "Archives downloaded.", Double(cache.downloads))
        page.add(names.cacheHits, .counter, "Loads that the cache answered.", Double(cache.memoryHits + cache.diskHits))
        page.add(names.clusters, .gauge, "Clusters that exist.", Double(await services.clusters.all.count))
        page.add(
            names.dnsWaiting, .gauge, "Changes of the zone that the DNS server has not taken yet.",
            Double(await services.dns.waiting.count))
        services.counter.report(to: &page, as: names.requests)
        page.add(names.uptime, .gauge, "Seconds since the start.", Timestamp.now().seconds(since: services.started))
        page.addProcess()
        return page
    }
}
