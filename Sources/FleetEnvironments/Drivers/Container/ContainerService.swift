import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A service in a container, as the configuration describes it: image, command, variables, files, volume, limits.
struct ContainerService: ServiceBacking {
    let service: String
    let settings: BackingSettings

    init(service: String, settings: BackingSettings) {
        self.service = service
        self.settings = service == CoreDNS.service ? CoreDNS.completed(settings) : settings
    }

    private var isDNS: Bool { service == CoreDNS.service }

    var kind: Backing { .container }
    var programs: [RequiredProgram] { [RequiredProgram(name: "podman or docker", from: .containers)] }

    func version(in surroundings: ServiceSurroundings) async -> String { settings.image ?? "" }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let (plan, directory) = (surroundings.plan, surroundings.directory)
        let names = ContainerNames(plan.name, plan.directory)
        let program = ContainerProgram.find(in: plan.programPath)
        let inside = settings.containerPort ?? port
        let data = settings.volume ?? "/data"
        // What it reads lies in the container at a place of its own.
        let words = Placeholders(port: inside, data: data, directory: "/fleet", surroundings: surroundings)
        let url = "http://127.0.0.1:\(port)"
        var properties = [
            "url": url, "address": "127.0.0.1", "port": "\(port)", "container": names.container(of: service),
        ]
        if isDNS { properties.merge(CoreDNS.properties(in: directory)) { $1 } }
        properties.merge(settings.properties.mapValues { words.fill($0) }) { $1 }
        let variables = settings.environment.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(words.fillWithSecrets($0.value))\n"
        }
        var launch = ServiceLaunch(
            executable: program?.path ?? "podman",
            arguments: arguments(surroundings, port, inside, data, words, program),
            files: settings.files.sorted { $0.key < $1.key }.map { name, content in
                .init(path: "\(directory)/files/\(name)", content: words.fillWithSecrets(content))
            } + [.init(path: "\(directory)/variables", content: variables.joined())],
            directories: ["\(directory)/files"], gates: [gate(url, port)],
            properties: properties, secrets: settings.credentials.compactMapValues(\.value))
        if isDNS {
            launch.directories.append(CoreDNS.zoneDirectory(in: directory))
            launch.files.append(CoreDNS.zone(in: surroundings))
        }
        launch.variables = program?.variables(configuration: names.configuration) ?? [:]
        launch.preparations = [
            // Of an earlier start; there is mostly none.
            ServiceLaunch.Preparation(
                purpose: "removed the container", executable: launch.executable,
                arguments: (program.map { $0.globalArguments + $0.removal } ?? []) + [names.container(of: service)],
                marker: nil, mayFail: true)
        ]
        if settings.volume != nil {
            launch.preparations.append(
                ServiceLaunch.Preparation(
                    purpose: "made the volume", executable: launch.executable,
                    arguments: (program?.globalArguments ?? []) + [
                        "volume", "create",
                    ] + ContainerNames.labels(of: plan) + [names.volume(of: service)], marker: "\(directory)/volume"))
        }
        return launch
    }

    private func gate(_ url: String, _ port: Int) -> HealthGate {
        if isDNS { return .dns(address: "127.0.0.1", port: port, zone: KnotDNS.zone) }
        return settings.healthPath.map { .http(url: url + $0) } ?? .tcp(address: "127.0.0.1", port: port)
    }

    private func arguments(
        _ surroundings: ServiceSurroundings, _ port: Int, _ inside: Int, _ data: String, _ words: Placeholders,
        _ program: ContainerProgram?
    ) -> [String] {
        let plan = surroundings.plan
        let names = ContainerNames(plan.name, plan.directory)
        var arguments =
            (program?.globalArguments ?? []) + [
                "run", "--rm", "--name", names.container(of: service), "--hostname", service,
                "--network", names.network, "--publish", "127.0.0.1:\(port):\(inside)", "--pull", "missing",
                "--env-file", "\(surroundings.directory)/variables",
            ]
        for (name, value) in plan.allMarks.sorted(by: { $0.key < $1.key }) {
            arguments += ["--env", "\(name)=\(value)"]
        }
        arguments += ContainerNames.labels(of: plan)
        if settings.volume != nil { arguments += ["--volume", "\(names.volume(of: service)):\(data)"] }
        if !settings.files.isEmpty { arguments += ["--volume", "\(surroundings.directory)/files:/fleet:ro"] }
        if isDNS { arguments += CoreDNS.arguments(in: surroundings.directory, port: port, inside: inside) }
        if let memory = settings.memory { arguments += ["--memory", memory] }
        if let processors = settings.processors { arguments += ["--cpus", processors] }
        return arguments + [settings.image ?? ""] + settings.command.map { words.fill($0) }
    }
}
