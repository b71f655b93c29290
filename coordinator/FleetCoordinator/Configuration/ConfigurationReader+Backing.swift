import FleetModel
import Yams

// What may stand behind a service: a word alone, or a table with the word as its key and what is to be said below.

extension ConfigurationReader {
    /// The keys that each kind of backing has.
    static let backingKeys: [Backing: [String]] = [
        .builtin: [],
        .native: ["command", "port_argument", "data_argument", "files", "health_path", "properties", "credentials"],
        .container: [
            "image", "command", "environment", "files", "container_port", "volume", "memory", "cpus",
            "health_path", "properties", "credentials",
        ],
        .external: ["properties", "credentials"],
    ]

    mutating func readBacking(_ node: Node, of service: String) -> BackingSettings? {
        if case .scalar = node {
            guard let kind = word(node, "a backing of \(service)", Backing.self) else { return nil }
            check(BackingSettings(kind: kind), node)
            return BackingSettings(kind: kind)
        }
        guard case .mapping(let mapping) = node, let (key, value) = mapping.first, mapping.count == 1 else {
            fail(
                node, "a backing of \(service) is neither a word nor a table with one key",
                "write `- native:` and what it has below")
            return nil
        }
        guard let kind = word(key, "a backing of \(service)", Backing.self),
            let fields = fields(value, of: kind.rawValue, known: Self.backingKeys[kind] ?? [])
        else { return nil }
        var backing = BackingSettings(kind: kind)
        backing.command = readCommand(fields["command"]?.value)
        backing.portArgument = fields["port_argument"].flatMap { text($0.value, "port_argument") }
        backing.dataArgument = fields["data_argument"].flatMap { text($0.value, "data_argument") }
        backing.files = readTexts(fields["files"]?.value, "files")
        backing.environment = readTexts(fields["environment"]?.value, "environment")
        backing.healthPath = fields["health_path"].flatMap { readPath($0.value) }
        backing.image = fields["image"].flatMap { text($0.value, "image") }
        backing.containerPort = fields["container_port"].flatMap { number($0.value, "container_port", 1...65_535) }
        backing.volume = fields["volume"].flatMap { text($0.value, "volume") }
        backing.memory = fields["memory"].flatMap { text($0.value, "memory") }
        backing.processors = fields["cpus"].flatMap { readProcessors($0.value) }
        backing.properties = readTexts(fields["properties"]?.value, "properties")
        backing.credentials = readCredentials(fields["credentials"]?.value)
        check(backing, key)
        return backing
    }

    private mutating func check(_ backing: BackingSettings, _ key: Node) {
        for name in backing.files.keys.sorted() where !RelativePath.isSafe(name) || name.contains("/") {
            fail(key, "\(InputError.quote(name)) is no name of a file", "write a name without a slash")
        }
        switch backing.kind {
        case .container where backing.image == nil:
            fail(key, "a container has no image", "write `image: NAME:TAG`")
        case .native where backing.command.isEmpty && backing != BackingSettings(kind: .native):
            fail(key, "a native backing with keys of its own has no command", "write `command: [program, argument]`")
        case .external where backing.properties.isEmpty:
            fail(key, "an external backing has no properties", "write `properties: {url: http://…}`")
        case .native, .container, .builtin, .external: break
        }
    }

    private mutating func readCommand(_ node: Node?) -> [String] {
        (node.flatMap { list($0, "command") } ?? []).compactMap {
            text($0, "an argument of command", allowingEmpty: true)
        }
    }

    private mutating func readProcessors(_ node: Node) -> String? {
        if let text = plain(node), let number = Double(text), number >= 0.01, number <= 1024 { return text }
        fail(node, "cpus is not a number of processors", "write a number from 0.01 to 1024, such as 1.5")
        return nil
    }

    private mutating func readPath(_ node: Node) -> String? {
        guard let path = text(node, "health_path") else { return nil }
        if !path.hasPrefix("/") {
            fail(node, "health_path does not begin with a slash", "write `/health`, for example")
        }
        return path
    }

    private mutating func readTexts(_ node: Node?, _ what: String) -> [String: String] {
        guard let node else { return [:] }
        guard case .mapping(let mapping) = node else {
            fail(node, "\(what) is not a table", "write `name: text` lines")
            return [:]
        }
        var texts: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = text(key, "a name in \(what)"), let text = text(value, name, allowingEmpty: true) else {
                continue
            }
            texts[name] = text
        }
        return texts
    }

    /// Secrets are named by where they are; a secret in the file itself is an error.
    private mutating func readCredentials(_ node: Node?) -> [String: SecretReference] {
        guard let node else { return [:] }
        guard case .mapping(let mapping) = node else {
            fail(node, "credentials is not a table", "write `password: {env: NAME}` lines")
            return [:]
        }
        var references: [String: SecretReference] = [:]
        for (key, value) in mapping {
            guard let name = text(key, "a name in credentials") else { continue }
            guard value.mapping?.count == 1 else {
                fail(
                    value, "the secret \(name) is not named by its place",
                    "write `\(name): {env: VARIABLE}` or `{file: PATH}`")
                continue
            }
            guard let fields = fields(value, of: name, known: ["env", "file"]) else { continue }
            if let variable = fields["env"].flatMap({ text($0.value, "env") }) {
                references[name] = .environment(variable)
            } else if let path = fields["file"].flatMap({ text($0.value, "file") }) {
                references[name] = .file(path.hasPrefix("/") ? path : "\(folder)/\(path)")
            }
        }
        return references
    }
}
