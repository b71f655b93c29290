import FleetHTTP
import FleetModel
import FleetSystem

/// OpenBao: initialised and unsealed by us, with KV v2 at `secret`, transit at `transit`, and an audit file.
///
/// It keeps its data with raft, the only storage on disk that its releases since 2.7 have, as a cluster of one.
struct OpenBao: ServiceBacking {
    /// What the server answers when it is initialised; also how it is kept for the next start.
    private struct Keys: Codable {
        var keys: [String]
        var token: String

        enum CodingKeys: String, CodingKey {
            case keys = "keys_base64"
            case token = "root_token"
        }
    }

    private struct Status: Decodable {
        var initialized: Bool
        var sealed: Bool
    }

    private static let program = RequiredProgram(name: "bao", from: .bundleOrHost)

    var service: String { "openbao" }
    var kind: Backing { .native }
    var programs: [RequiredProgram] { [OpenBao.program] }

    func version(in surroundings: ServiceSurroundings) async -> String {
        // "OpenBao v2.7.2 (9e0a…), committed …"
        let line = await ProgramVersion.firstLine(
            of: surroundings.program(OpenBao.program), ["version"], path: surroundings.plan.programPath)
        let words = line?.split(separator: " ") ?? []
        return "openbao \(words.count > 1 ? String(words[1].drop { $0 == "v" }) : "of unknown version")"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let url = "http://127.0.0.1:\(port)"
        return ServiceLaunch(
            executable: surroundings.program(OpenBao.program),
            arguments: ["server", "-config", "\(directory)/bao.hcl"],
            files: [.init(path: "\(directory)/bao.hcl", content: configuration(directory, port))],
            directories: ["\(directory)/data"],
            // Answers 200 whatever state it is in; the rest follows in `complete`.
            gates: [.http(url: "\(url)/v1/sys/seal-status")],
            properties: ["url": url, "kv": "secret", "transit": "transit", "audit": "\(directory)/audit.log"])
    }

    func complete(
        _ launch: ServiceLaunch, in surroundings: ServiceSurroundings, client: HTTPClient
    ) async throws(EnvironmentFailure) -> ServiceLaunch {
        let server = VaultClient(url: launch.properties["url"] ?? "", client: client)
        let file = "\(surroundings.directory)/keys.json"
        let status = try await server.ask(Status.self, .get, "sys/seal-status")
        let keys: Keys
        if status.initialized {
            guard let bytes = try? AtomicFile.read(file), let kept = KeeperCoding.decode(Keys.self, from: bytes) else {
                throw server.failure("unsealing it", "its keys in \(file) are lost")
            }
            keys = kept
        } else {
            keys = try await server.ask(
                Keys.self, .put, "sys/init", body: ["secret_shares": 1, "secret_threshold": 1])
            do throws(SystemCallError) {
                try AtomicFile.write(KeeperCoding.encode(keys), to: file)
            } catch {
                throw server.failure("keeping its keys", "\(error)")
            }
        }
        if status.sealed || !status.initialized {
            try await server.tell(.put, "sys/unseal", body: ["key": keys.keys[0]])
        }
        try await server.waitUntilActive()
        if !status.initialized { try await mount(server, token: keys.token) }
        var launch = launch
        launch.secrets["token"] = keys.token
        return launch
    }

    private func mount(_ server: VaultClient, token: String) async throws(EnvironmentFailure) {
        let versioned = Mount(type: "kv", options: ["version": "2"])
        try await server.tell(.post, "sys/mounts/secret", body: versioned, token: token)
        try await server.tell(.post, "sys/mounts/transit", body: Mount(type: "transit", options: [:]), token: token)
    }

    private struct Mount: Encodable {
        var type: String
        var options: [String: String]
    }

    private func configuration(_ directory: String, _ port: Int) -> String {
        """
        storage "raft" {
          path                   = "\(directory)/data"
          node_id                = "fleet"
          performance_multiplier = 1
        }
        listener "tcp" {
          address         = "127.0.0.1:\(port)"
          cluster_address = "127.0.0.1:0"
          tls_disable     = true
        }
        api_addr     = "http://127.0.0.1:\(port)"
        # Nobody joins: it only has to be said.
        cluster_addr = "https://127.0.0.1:\(port)"
        audit "file" "file" {
          description = "every access"
          options = {
            file_path = "\(directory)/audit.log"
            mode      = "0600"
          }
        }

        """
    }
}
