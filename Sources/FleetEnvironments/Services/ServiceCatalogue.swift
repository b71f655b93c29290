import FleetModel
import FleetSystem

/// Which services a mode has, and what may stand behind each, the preferred first.
enum ServiceCatalogue {
    private static let backings: [String: [any ServiceBacking]] = [
        "orchestrator": [ReferenceOrchestrator()],
        "dns": [KnotDNS()],
        "registry": [DockerRegistry()],
    ]

    /// The services of a mode by name; nil for modes that this program cannot hold yet.
    static func services(of mode: Mode) -> [String]? {
        switch mode {
        case .solo: ["dns", "registry", "orchestrator"]
        case .multiuser, .cicd, .enterprise: nil
        }
    }

    /// The modes that this program knows how to hold.
    static var modes: [Mode] { Mode.allCases.filter { services(of: $0) != nil } }

    /// The backings that a plan takes, or what is in the way.
    static func choose(for plan: EnvironmentPlan) throws(EnvironmentFailure) -> [any ServiceBacking] {
        guard let services = plan.onlyServices ?? services(of: plan.request.mode) else {
            throw EnvironmentFailure(
                kind: .missing, tried: "the mode \(plan.request.mode)", happened: "this program cannot hold it yet",
                advice: "choose one of \(modes.map(\.rawValue).joined(separator: ", "))")
        }
        var chosen: [any ServiceBacking] = []
        var missing: [MissingProgram] = []
        for service in services {
            let candidates = backings[service] ?? []
            let allowed = candidates.filter { !plan.request.strictServices || $0.kind != .builtin }
            guard !allowed.isEmpty else {
                throw EnvironmentFailure(
                    kind: .strict, service: service, tried: "strict services",
                    happened: "only a builtin backing is there",
                    advice: "give a program of your own, or leave --strict-services out")
            }
            let lacks = allowed.map { missingPrograms(of: $0, bundle: plan.bundle, path: plan.programPath) }
            if let index = lacks.firstIndex(where: \.isEmpty) {
                chosen.append(allowed[index])
            } else {
                missing += lacks.last ?? []
            }
        }
        if !missing.isEmpty { throw MissingProgram.failure(missing) }
        return chosen
    }

    /// The programs that a backing needs and the host does not have.
    static func missingPrograms(of backing: any ServiceBacking, bundle: String, path: String) -> [MissingProgram] {
        backing.programs.filter { program in
            let name = program.package == nil ? "\(bundle)/\(program.name)" : program.name
            return ProgramSearch.find(name, in: path) == nil
        }.map { MissingProgram(service: backing.service, program: $0) }
    }

    /// The programs that a mode needs and the host does not have; a mode that is not known needs none.
    static func missingPrograms(for mode: Mode, bundle: String, path: String) -> [MissingProgram] {
        (services(of: mode) ?? []).flatMap { service in
            let lacks = (backings[service] ?? []).map { missingPrograms(of: $0, bundle: bundle, path: path) }
            return lacks.contains(where: \.isEmpty) ? [] : lacks.last ?? []
        }
    }
}
