import FleetModel
import FleetSystem

/// Which services a mode has, and what may stand behind each, the preferred first.
enum ServiceCatalogue {
    private static let backings: [String: [any ServiceBacking]] = Dictionary(
        grouping: [
            KnotDNS(), DockerRegistry(), ReferenceOrchestrator(), Gitea.backing, PostgreSQL(), ControlCenter.backing,
            ExtensionRegistry.backing, APIServer.backing, Prometheus(), Elasticsearch.backing, OpenBao(), KMS.backing,
            DockerRegistry(service: ServiceTable.harborRegistry), Harbor.backing, Grafana.backing,
        ] as [any ServiceBacking], by: \.service)

    /// The modes that this program knows how to hold: something may stand behind each of their services.
    static func modes(_ settings: EnvironmentSettings = EnvironmentSettings()) -> [Mode] {
        Mode.allCases.filter { mode in
            (ServiceTable.services(of: mode) + ServiceTable.parts(of: mode)).allSatisfy {
                !candidates(for: $0, settings).isEmpty
            }
        }
    }

    /// What may stand behind a service, the preferred first.
    static func candidates(for service: String, _ settings: EnvironmentSettings) -> [any ServiceBacking] {
        let known = backings[service] ?? []
        let wanted = settings.services[service]?.backings ?? []
        guard !wanted.isEmpty else { return known }
        return wanted.flatMap { backing -> [any ServiceBacking] in
            if backing.kind == .native, !backing.command.isEmpty {
                return [NativeProgram(service: service, settings: backing)]
            }
            if backing.kind == .container { return [ContainerService(service: service, settings: backing)] }
            return known.filter { $0.kind == backing.kind }
        }
    }

    /// The backings that a plan takes, or what is in the way.
    static func choose(for plan: EnvironmentPlan) throws(EnvironmentFailure) -> [any ServiceBacking] {
        let mode = plan.request.mode
        let services = plan.onlyServices ?? ServiceTable.services(of: mode) + ServiceTable.parts(of: mode)
        var chosen: [any ServiceBacking] = []
        var missing: [MissingProgram] = []
        for service in services {
            let candidates = candidates(for: service, plan.settings).filter {
                $0.kind != .container || plan.request.driver == .container
            }
            guard !candidates.isEmpty else { throw unknown(service, plan) }
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

    private static func unknown(_ service: String, _ plan: EnvironmentPlan) -> EnvironmentFailure {
        guard plan.settings.services[service] == nil else {
            return EnvironmentFailure(
                kind: .missing, service: service, tried: "the backings of the configuration",
                happened: "none of them is possible with this driver",
                advice: "give a native one a command; containers need `driver: container`")
        }
        return EnvironmentFailure(
            kind: .missing, tried: "the mode \(plan.request.mode)",
            happened: "this program cannot hold it yet: nothing stands behind \(service)",
            advice: "choose one of \(modes(plan.settings).map(\.rawValue).joined(separator: ", "))")
    }

    /// The programs that a backing needs and the host does not have.
    static func missingPrograms(of backing: any ServiceBacking, bundle: String, path: String) -> [MissingProgram] {
        backing.programs.filter { $0.find(bundle: bundle, path: path) == nil }
            .map { MissingProgram(service: backing.service, program: $0) }
    }

    /// The programs that a mode needs and the host does not have; with another driver than `container` that driver, where
    /// nothing but a container may stand behind a service.
    static func missingPrograms(
        for mode: Mode, bundle: String, path: String, settings: EnvironmentSettings = EnvironmentSettings(),
        driver: Driver? = nil
    ) -> [MissingProgram] {
        let containers = RequiredProgram(name: "the driver container", from: .user)
        return (ServiceTable.services(of: mode) + ServiceTable.parts(of: mode)).flatMap { service in
            let lacks = candidates(for: service, settings).map { backing in
                backing.kind == .container && driver != .container
                    ? [MissingProgram(service: service, program: containers)]
                    : missingPrograms(of: backing, bundle: bundle, path: path)
            }
            return lacks.contains(where: \.isEmpty) ? [] : lacks.last ?? []
        }
    }
}
