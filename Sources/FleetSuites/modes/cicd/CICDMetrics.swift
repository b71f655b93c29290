import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension CICD {
    static let metricsCollection = test(
        "modes/cicd/prometheus-metrics-collection", "Prometheus metrics collection", modes: [.cicd], estimate: 6
    ) { context in
        let prometheus = try context.prometheus
        let scraped = context.invocation.endpoints.services.filter { $0.value["metrics"] != nil }.keys.sorted()
        try await context.step("every service that has metrics is scraped, and is up") {
            try expectContains(scraped, "orchestrator", "the services with metrics")
            try expectContains(scraped, "api-server", "the services with metrics")
            try await eventually("all are up", within: .seconds(30)) {
                let targets = try await prometheus.targets()
                for service in scraped {
                    let own = targets.filter { $0.job == service }
                    try expectEqual(own.map(\.health), ["up"], "the health of the targets of \(service)")
                    try expectEqual(try await prometheus.value("up{job=\"\(service)\"}"), 1, "up of \(service)")
                }
            }
        }
        let platform = try await context.platform
        let names = context.profile.metrics
        let completed = "\(names.tasks){job=\"orchestrator\",status=\"\(context.profile.spellings.taskCompleted)\"}"
        let before = try await prometheus.value(completed) ?? 0
        try await context.step("tasks that the test completes are counted") {
            for _ in 0..<3 {
                try await platform.completed(
                    try await platform.createServers([context.unique("dry")], checkMode: true))
            }
            try await eventually("the count has grown by three", within: .seconds(40)) {
                let now = try require(try await prometheus.value(completed), "the value of \(completed)")
                try expect(now >= before + 3, "it grew from \(before) by three at least", actual: now)
            }
        }
        try await context.step("Prometheus tells what the service itself tells") {
            let uptime = context.profile.apiServerMetrics.uptime
            let page = OrchestratorClient(web: try context.web("api-server"))
            let own = try require(try await page.metric(uptime), "\(uptime) on the page of the API server")
            try await eventually("a later scrape is in", within: .seconds(40)) {
                let seen = try require(
                    try await prometheus.value("\(uptime){job=\"api-server\"}"), "\(uptime) in Prometheus")
                try expect(seen >= own, "at least \(own)", actual: seen)
            }
        }
        try await context.step("refused requests are counted as what they are") {
            let requests = context.profile.metrics.requests
            let refused = "sum(\(requests){job=\"orchestrator\",status=\"401\"})"
            let before = try await prometheus.value(refused) ?? 0
            for _ in 0..<5 {
                _ = try await JSONClient(web: try context.web("orchestrator")).status(
                    .get, context.profile.paths.servers)
            }
            try await eventually("the count has grown by five", within: .seconds(40)) {
                let now = try await prometheus.value(refused) ?? 0
                try expect(now >= before + 5, "it grew from \(before) by five at least", actual: now)
            }
        }
    }
}
