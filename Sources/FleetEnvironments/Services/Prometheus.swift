import FleetModel
import FleetSystem

/// Prometheus of Debian's package: it scrapes every service of the environment that says where its metrics are.
struct Prometheus: ServiceBacking {
    private struct Target: Encodable {
        var targets: [String]
        var labels: [String: String]
    }

    var service: String { "prometheus" }
    var kind: Backing { .native }
    var programs: [RequiredProgram] { [RequiredProgram(name: "prometheus", from: .package("prometheus"))] }

    func version(in surroundings: ServiceSurroundings) async -> String {
        // "prometheus, version 2.42.0+ds (branch: …)"
        let line = await ProgramVersion.firstLine(
            of: surroundings.program("prometheus"), ["--version"], path: surroundings.plan.programPath)
        let words = line?.split(separator: " ") ?? []
        return "prometheus \(words.count > 2 ? String(words[2]) : "of unknown version")"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let url = "http://127.0.0.1:\(port)"
        return ServiceLaunch(
            executable: surroundings.program("prometheus"),
            arguments: [
                "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--web.enable-lifecycle", "--log.level=info",
            ],
            files: [
                .init(path: "\(directory)/prometheus.yml", content: configuration(directory, port)),
                targets(surroundings.endpoints, in: directory),
            ],
            gates: [.http(url: "\(url)/-/ready")], properties: ["url": url])
    }

    func follow(_ endpoints: Endpoints, in surroundings: ServiceSurroundings) throws(SystemCallError) {
        // Prometheus sees for itself that the file is another one.
        let file = targets(endpoints, in: surroundings.directory)
        try AtomicFile.write(file.content.utf8, to: file.path)
    }

    // One job for each service, as `http://HOST:PORT/PATH` in its property `metrics` says.
    private func targets(_ endpoints: Endpoints, in directory: String) -> ServiceLaunch.File {
        let targets = endpoints.services.sorted { $0.key < $1.key }.compactMap { service, properties -> Target? in
            guard let url = properties["metrics"], url.hasPrefix("http://") else { return nil }
            let rest = url.dropFirst("http://".count)
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            return Target(
                targets: [String(rest[..<slash])],
                labels: ["job": service, "__metrics_path__": slash == rest.endIndex ? "/" : String(rest[slash...])])
        }
        let text = String(decoding: KeeperCoding.encode(targets), as: UTF8.self)
        return ServiceLaunch.File(path: "\(directory)/targets.json", content: text, isFollowed: true)
    }

    private func configuration(_ directory: String, _ port: Int) -> String {
        """
        global:
          scrape_interval: 1s
          scrape_timeout: 1s
        scrape_configs:
          - job_name: platform
            file_sd_configs:
              - files: ["\(directory)/targets.json"]
          - job_name: prometheus
            static_configs:
              - targets: ["127.0.0.1:\(port)"]

        """
    }
}
