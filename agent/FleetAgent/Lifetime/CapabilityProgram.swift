import FleetEnvironments
import FleetModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `agent capabilities` does: it looks at the host and prints what it can hold.
enum CapabilityProgram {
    static func main(brought: Set<String>) async -> Int32 {
        let bundle = ServiceEnvironmentMaker.bundle(of: OwnProgram.path)
        let host = await HostCapabilities.probe(bundle: bundle)
        let modes = HostCapabilities.shortages(bundle: bundle).map { mode, all in
            let missing = all.filter { !brought.contains($0.program.name) }
            return CapabilityReport.ModeReport(
                mode: mode, lacks: missing.map(\.description),
                packages: Set(missing.compactMap(\.program.package)).sorted())
        }
        let report = CapabilityReport(
            program: AgentVersion.program, modes: modes, drivers: host.drivers,
            namespaceProblem: host.namespaceProblem)
        guard let text = try? JSONEncoder().encode(report) else { return 1 }
        return StandardStreams.write(line: String(decoding: text, as: UTF8.self)) ? 0 : 74
    }
}
