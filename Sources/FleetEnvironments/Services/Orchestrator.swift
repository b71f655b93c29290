import FleetModel
import FleetSystem

/// The orchestrator of the reference platform, which the bundle brings along.
struct ReferenceOrchestrator: ServiceBacking {
    var service: String { "orchestrator" }
    var kind: Backing { .builtin }
    var dependencies: [String] { ["dns", "registry"] }
    var programs: [RequiredProgram] {
        // Servers of the `local` provider have a real sshd.
        [RequiredProgram(name: "platform", package: nil), RequiredProgram(name: "sshd", package: "openssh-server")]
    }
    var standardPort: Int { 9090 }

    func version(in surroundings: ServiceSurroundings) async -> String {
        await ProgramVersion.firstLine(
            of: "\(surroundings.plan.bundle)/platform", ["version"], path: surroundings.plan.programPath)
            ?? "reference platform of unknown version"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let endpoints = surroundings.endpoints
        let dns = "\(endpoints["dns", "address"] ?? "127.0.0.1"):\(endpoints["dns", "port"] ?? "53")"
        let url = "http://127.0.0.1:\(port)"
        return ServiceLaunch(
            executable: "\(surroundings.plan.bundle)/platform",
            arguments: [
                "orchestrator", "--listen", "127.0.0.1:\(port)", "--data", "\(surroundings.directory)/data",
                "--mode", surroundings.plan.request.mode.rawValue, "--zone", endpoints["dns", "zone"] ?? KnotDNS.zone,
                "--dns", dns, "--dns-key-file", surroundings.secrets["dns"]?["key-file"] ?? "",
                "--registry", endpoints["registry", "url"] ?? "", "--server-network", "127.64.0.0/16",
            ],
            gates: [.http(url: "\(url)/health"), .http(url: "\(url)/ready")],
            properties: ["url": url])
    }
}
