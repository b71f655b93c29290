import FleetModel
import FleetProtocol
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `agent environment door`: lets a coordinator into one kept environment, through a port of this host's loopback.
///
/// Each connection begins with a line: the door's secret and `hold`, `tunnel SERVICE` or `shell COLUMNS ROWS TERM`. Who
/// does not know the secret is turned away. The door closes when nobody has been inside for 10 seconds.
enum DoorProgram {
    /// Starts a door, detached, and prints `{"port":N,"secret":"…"}`.
    static func open(_ options: KeptEnvironmentOptions) async -> Int32 {
        guard let place = place(options) else {
            StandardStreams.complain("there is no environment \(options.name)")
            return 1
        }
        do {
            let start = DetachedStart(
                directory: session(of: place), log: "\(place.directory)/door.log",
                arguments: ["environment-door"] + options.arguments, firstLine: "open", limit: .seconds(15))
            StandardStreams.write(line: try await start.readyLine())
            return 0
        } catch {
            StandardStreams.complain("\(error)")
            return 1
        }
    }

    /// Is the door.
    static func main(_ options: KeptEnvironmentOptions) async -> Int32 {
        guard StandardStreams.readLine(from: 0, limit: 64, within: .seconds(10)) != nil,
            let place = place(options), let state = KeptState.read(place)
        else { return 64 }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        guard let listener = LoopbackSocket.open() else {
            StandardStreams.write(line: "\(SystemCallError(call: "listen", subject: "127.0.0.1"))")
            return 1
        }
        let door = Door(place: place, state: state, secret: RunToken().hexadecimal)
        StandardStreams.write(line: #"{"port":\#(listener.port),"secret":"\#(door.secret)"}"#)
        StandardStreams.closeOutput()
        var lastUse = ContinuousClock.now
        while place.isHeld {
            if door.isUsed { lastUse = .now }
            guard ContinuousClock.now - lastUse < .seconds(10) else { break }
            guard let connection = LoopbackSocket.next(of: listener.descriptor, within: 500) else { continue }
            // A thread of its own, because a stranger may take its time with the first line; bounded by five seconds.
            DedicatedThread.start { door.admit(connection) }
        }
        await door.empty()
        return 0
    }

    private static func place(_ options: KeptEnvironmentOptions) -> KeptPlace? {
        KeptPlace.all(workdir: options.workdir).first { $0.name == options.name.rawValue && $0.isHeld }
    }

    /// The directory whose guardian also ends what the door starts.
    private static func session(of place: KeptPlace) -> String {
        let parts = place.directory.split(separator: "/")
        guard parts.dropLast().last == "kept" else { return place.directory }
        return "/" + parts.dropLast(2).joined(separator: "/")
    }
}

/// Lets connections in, each to a process of its own inside the environment.
private final class Door: Sendable {
    let secret: String
    private let place: KeptPlace
    private let state: KeptState
    private let inside = Locked<[ChildProcess]>([])

    init(place: KeptPlace, state: KeptState, secret: String) {
        self.place = place
        self.state = state
        self.secret = secret
    }

    /// Whether anybody is inside.
    var isUsed: Bool {
        inside.withLock { inside in
            inside.removeAll { $0.status != nil }
            return !inside.isEmpty
        }
    }

    /// Takes a connection over.
    func admit(_ connection: Int32) {
        defer { close(connection) }
        guard let line = StandardStreams.readLine(from: connection, limit: 512, within: .seconds(5)) else { return }
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 2, isRight(words[0]), let wanted = specification(Array(words.dropFirst()), connection)
        else {
            StandardStreams.write(line: "refused", to: connection)
            return
        }
        do {
            let child = try Spawner.spawn(wanted)
            inside.withLock { $0.append(child) }
        } catch {
            StandardStreams.write(line: "\(error)", to: connection)
        }
    }

    /// Ends whoever is inside.
    func empty() async {
        for child in inside.withLock({ $0 }) { await child.end(grace: .seconds(1)) }
    }

    /// As long for every wrong secret.
    private func isRight(_ given: String) -> Bool {
        guard given.utf8.count == secret.utf8.count else { return false }
        return zip(given.utf8, secret.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func specification(_ words: [String], _ connection: Int32) -> ProcessSpecification? {
        var wanted = ProcessSpecification(
            executable: OwnProgram.path, environment: variables, workingDirectory: "/",
            standardInput: .descriptor(connection), standardOutput: .descriptor(connection),
            standardError: .descriptor(connection))
        switch words.first {
        case "hold": wanted.arguments = ["environment-passage"]
        case "tunnel":
            guard words.count == 2, let target = ServiceAddress(state.endpoints.services[words[1]]) else { return nil }
            wanted.arguments = ["environment-passage", target.host, "\(target.port)"]
            wanted.namespaces = state.namespaces
        case "shell":
            guard words.count == 4, let columns = Int(words[1]), let rows = Int(words[2]) else { return nil }
            wanted.executable = "script"
            let shell = "stty rows \(rows) cols \(columns); exec \"${SHELL:-/bin/sh}\" -i"
            wanted.arguments = ["-qefc", shell, "/dev/null"]
            wanted.environment["TERM"] = words[3]
            wanted.namespaces = state.namespaces
        default: return nil
        }
        return wanted
    }

    private var variables: [String: String] {
        let session = getenv(SessionLayout.variable).map { String(cString: $0) } ?? ""
        var variables = OwnProgram.variables(session: session).merging(state.endpoints.variables) { $1 }
        variables["FLEET_CREDENTIALS"] = place.credentials
        variables["PS1"] = "\(state.name):\\w\\$ "
        return variables
    }
}

/// Where a service is reached inside of its environment.
struct ServiceAddress: Hashable {
    var host: String
    var port: Int

    /// Reads the properties of an endpoint: a `url`, or an `address` and a `port`; nil when there is neither.
    init?(_ properties: [String: String]?) {
        if let port = properties?["port"].flatMap({ Int($0) }) {
            self.init(host: properties?["address"] ?? "127.0.0.1", port: port)
        } else if let url = properties?["url"], let scheme = url.firstRange(of: "://") {
            let parts = url[scheme.upperBound...].prefix { $0 != "/" }.split(separator: ":")
            guard let host = parts.first else { return nil }
            self.init(host: String(host), port: parts.count > 1 ? Int(parts[1]) ?? 80 : 80)
        } else {
            return nil
        }
    }

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
