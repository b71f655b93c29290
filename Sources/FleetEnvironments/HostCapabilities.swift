public import FleetModel
import FleetSystem

/// A program that a service needs and this host does not have.
public struct MissingProgram: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The service.
    public var service: String
    /// The program.
    public var program: RequiredProgram

    /// Names a program that is not there.
    public init(service: String, program: RequiredProgram) {
        self.service = service
        self.program = program
    }

    /// A few words, such as `knotd (for dns)`.
    public var description: String { "\(program.name) (for \(service))" }

    /// The one command that installs all of them; nil when no package has them.
    public static func installCommand(for missing: [MissingProgram]) -> String? {
        let packages = Set(missing.compactMap(\.program.package)).sorted()
        return packages.isEmpty ? nil : "apt-get install -y \(packages.joined(separator: " "))"
    }

    /// The failure of an environment that lacks them.
    static func failure(_ missing: [MissingProgram]) -> EnvironmentFailure {
        let names = missing.map(\.description).joined(separator: ", ")
        let advice = installCommand(for: missing).map { "install with: \($0)" }
        let services = Set(missing.map(\.service))
        return EnvironmentFailure(
            kind: .missing, service: services.count == 1 ? services.first : nil, tried: "looked for \(names)",
            happened: "this host does not have \(missing.count == 1 ? "it" : "them")",
            advice: advice ?? "push the bundle again")
    }
}

/// What this host can hold.
public struct HostCapabilities: Sendable, Hashable, Codable {
    /// The modes whose services all can be started here.
    public var modes: [Mode]
    /// The drivers that work here, the preferred first.
    public var drivers: [Driver]
    /// What the modes that this program knows, but that are not listed, lack.
    public var missing: [MissingProgram]
    /// Why the driver `namespace` does not work; nil when it does.
    public var namespaceProblem: String?

    /// Describes a host.
    public init(
        modes: [Mode], drivers: [Driver], missing: [MissingProgram] = [], namespaceProblem: String? = nil
    ) {
        self.modes = modes
        self.drivers = drivers
        self.missing = missing
        self.namespaceProblem = namespaceProblem
    }

    /// The one command that installs what is missing; nil when nothing is, or no package has it.
    public var installCommand: String? { MissingProgram.installCommand(for: missing) }

    /// What each mode that this program knows lacks here; empty for a mode that can be held.
    ///
    /// - Parameters:
    ///   - bundle: The directory that holds the `platform` executable.
    ///   - settings: What the user's configuration says.
    ///   - programs: The directory of the user's own programs; nil: that of the bundle.
    ///   - driver: How environments will be isolated; only with `container` may containers stand behind services.
    public static func shortages(
        bundle: String, searchPath: String? = nil, settings: EnvironmentSettings = EnvironmentSettings(),
        programs: String? = nil, driver: Driver? = nil
    ) -> [(mode: Mode, missing: [MissingProgram])] {
        let user = programs ?? "\(bundle)/\(EnvironmentPlan.userFolder)"
        let path = "\(user):\(searchPath ?? EnvironmentPlan.defaultProgramPath)"
        return ServiceCatalogue.modes(settings).map {
            (
                mode: $0,
                missing: ServiceCatalogue.missingPrograms(
                    for: $0, bundle: bundle, path: path, settings: settings, driver: driver)
            )
        }
    }

    /// Looks at this host; programs are looked up in our `PATH` and the usual places of services.
    ///
    /// - Parameters:
    ///   - bundle: The directory that holds the `platform` executable.
    ///   - settings: What the user's configuration says.
    ///   - programs: The directory of the user's own programs; nil: that of the bundle.
    ///   - driver: How environments will be isolated; nil leaves it to the host.
    public static func probe(
        bundle: String, searchPath: String? = nil, settings: EnvironmentSettings = EnvironmentSettings(),
        programs: String? = nil, driver: Driver? = nil
    ) async -> HostCapabilities {
        var result = HostCapabilities(modes: [], drivers: [.process])
        guard driver != .external else {
            result.modes = Mode.allCases.filter { ExternalEnvironment.missingServices(for: $0, settings).isEmpty }
            result.drivers = [.external]
            return result
        }
        for (mode, missing) in shortages(
            bundle: bundle, searchPath: searchPath, settings: settings, programs: programs, driver: driver)
        {
            if missing.isEmpty { result.modes.append(mode) }
            result.missing += missing.filter { !result.missing.contains($0) }
        }
        if let error = await NamespaceSupport.check() {
            result.namespaceProblem = "\(error)"
        } else {
            result.drivers.insert(.namespace, at: 0)
        }
        if ContainerProgram.find(in: searchPath ?? EnvironmentPlan.defaultProgramPath) != nil {
            result.drivers.append(.container)
        }
        return result
    }
}
