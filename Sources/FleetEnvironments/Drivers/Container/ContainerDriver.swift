import FleetModel
import FleetSystem

/// Containers of docker or podman: one network, one set of named volumes and one label for each environment.
///
/// Services without a container among their backings run beside them as with the driver `process`.
struct ContainerDriver: EnvironmentDriver {
    var driver: Driver { .container }

    func problem(with plan: EnvironmentPlan) async -> EnvironmentFailure? {
        guard ContainerProgram.find(in: plan.programPath) == nil else { return nil }
        return EnvironmentFailure(
            kind: .driver, tried: "looked for podman and docker", happened: "this host has neither",
            advice: "install with: apt-get install -y podman, or choose another driver")
    }

    func namespaces(for plan: EnvironmentPlan, keeper: String) -> NamespaceChoice { .none }

    func port(standard: Int) -> PortChoice { .free }

    func prepare(_ plan: EnvironmentPlan) async throws(EnvironmentFailure) {
        if let problem = await problem(with: plan) { throw problem }
        let names = ContainerNames(plan.name, plan.directory)
        do throws(SystemCallError) {
            try ProcessTree.becomeSubreaper()
            try AtomicFile.write(ContainerProgram.configurationText.utf8, to: names.configuration)
        } catch {
            throw failure(error)
        }
        let command = ["network", "create"] + ContainerNames.labels(of: plan) + [names.network]
        guard let program = ContainerProgram.find(in: plan.programPath) else { return }
        let made = await program.run(command, configuration: names.configuration, search: plan.programPath)
        if case .failure(let error) = made {
            throw EnvironmentFailure(
                kind: .driver, tried: "making the network of the containers", happened: error.description)
        }
    }

    func cleanUp(_ plan: EnvironmentPlan) async -> [String] {
        await ContainerRemains.remove(
            label: "\(EnvironmentMark.variable)=\(plan.name)", directory: plan.directory, search: plan.programPath)
    }
}

/// Removes containers, volumes and networks by what they bear.
public enum ContainerRemains {
    /// Removes all that has a label, `NAME=VALUE`; returns what could not be removed. Without docker and podman there is
    /// nothing.
    public static func remove(label: String) async -> [String] {
        await remove(label: label, directory: "/tmp", search: EnvironmentPlan.defaultProgramPath)
    }

    static func remove(label: String, directory: String, search: String) async -> [String] {
        guard let program = ContainerProgram.find(in: search) else { return [] }
        // Only starting a container needs the file that may be gone by now.
        let configuration = ContainerNames("", directory).configuration
        let file = (try? AtomicFile.read(configuration)) == nil ? "/dev/null" : configuration
        var leftovers: [String] = []
        let removals = [program.removal, ["volume", "rm", "--force"], ["network", "rm"]]
        for (list, removal) in zip(lists, removals) {
            let found = await program.run(list + ["--filter", "label=\(label)"], configuration: file, search: search)
            guard case .success(let text) = found else { continue }
            for name in text.split(separator: "\n").map(String.init) {
                let removed = await program.run(removal + [name], configuration: file, search: search)
                if case .failure(let error) = removed { leftovers.append(error.description) }
            }
        }
        return leftovers
    }

    /// How containers, volumes and networks are listed: the order in which they can be removed.
    static let lists = [["ps", "--all", "--quiet"], ["volume", "ls", "--quiet"], ["network", "ls", "--quiet"]]
}

/// What the parts of an environment are called among all containers of a host.
struct ContainerNames: Sendable {
    let network: String
    let configuration: String
    private let environment: String

    init(_ environment: String, _ directory: String) {
        self.environment = environment
        network = "fleet-\(environment)"
        configuration = "\(directory)/containers.conf"
    }

    func container(of service: String) -> String { "fleet-\(environment)-\(service)" }
    func volume(of service: String) -> String { "fleet-\(environment)-\(service)-data" }

    /// The labels that everything of an environment bears: its marks.
    static func labels(of plan: EnvironmentPlan) -> [String] {
        plan.allMarks.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
    }
}
