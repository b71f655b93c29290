import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program of the user's behind a service, as the configuration describes it: the platform's own build, for one.
struct NativeProgram: ServiceBacking {
    let service: String
    let settings: BackingSettings

    var kind: Backing { .native }
    var programs: [RequiredProgram] {
        settings.command.first.map { [RequiredProgram(name: $0, from: .user)] } ?? []
    }

    func version(in surroundings: ServiceSurroundings) async -> String {
        guard let program = programs.first else { return "" }
        let path = surroundings.program(program)
        let line = await ProgramVersion.firstLine(of: path, ["--version"], path: surroundings.plan.programPath)
        return line.map { String($0.prefix(100)) } ?? "\(program.name) of unknown version"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let data = "\(directory)/data"
        let words = Placeholders(port: port, data: data, directory: directory, surroundings: surroundings)
        var arguments = settings.command.dropFirst().map { words.fill($0) }
        if let argument = settings.portArgument { arguments += [argument, "\(port)"] }
        if let argument = settings.dataArgument { arguments += [argument, data] }
        let url = "http://127.0.0.1:\(port)"
        var properties = ["url": url]
        properties.merge(settings.properties.mapValues { words.fill($0) }) { $1 }
        return ServiceLaunch(
            executable: programs.first.map { surroundings.program($0) } ?? "", arguments: arguments,
            files: settings.files.sorted { $0.key < $1.key }.map { name, content in
                .init(path: "\(directory)/\(name)", content: words.fillWithSecrets(content))
            },
            directories: [data],
            gates: [settings.healthPath.map { .http(url: url + $0) } ?? .tcp(address: "127.0.0.1", port: port)],
            properties: properties, secrets: settings.credentials.compactMapValues(\.value))
    }
}

/// Fills the placeholders of a configured text with what a service finds around it.
struct Placeholders: Sendable {
    let port: Int
    let data: String
    let directory: String
    let surroundings: ServiceSurroundings

    /// The text with its placeholders filled; those that are not known stay as they are.
    func fill(_ text: String) -> String { fill(text, secrets: false) }

    /// The same, with secrets: for private files alone.
    func fillWithSecrets(_ text: String) -> String { fill(text, secrets: true) }

    private func fill(_ text: String, secrets: Bool) -> String {
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            guard let close = rest.firstIndex(of: "}") else { break }
            let name = rest[rest.index(after: open)..<close]
            if let value = value(of: name, secrets: secrets) {
                result += value
                rest = rest[rest.index(after: close)...]
            } else {
                result += "{"
                rest = rest[rest.index(after: open)...]
            }
        }
        return result + rest
    }

    private func value(of name: Substring, secrets: Bool) -> String? {
        switch name {
        case "port": return "\(port)"
        case "data": return data
        case "directory": return directory
        default: break
        }
        let isSecret = name.hasPrefix("secret:")
        let parts = (isSecret ? name.dropFirst("secret:".count) : name).split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let (service, property) = (String(parts[0]), String(parts[1]))
        if isSecret { return secrets ? surroundings.secrets[service]?[property] : nil }
        return surroundings.endpoints[service, property]
    }
}
