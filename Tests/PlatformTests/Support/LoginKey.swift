import FleetSystem
import FleetTestSupport
import Foundation

/// A key of the test's own, with which it logs in to servers as any user would.
struct LoginKey: Sendable {
    let directory: String
    let publicLine: String

    static func with(_ body: (LoginKey) async throws -> Void) async throws {
        let directory = try TestService.temporaryDirectory("key")
        defer { _ = DirectoryTree.remove(directory) }
        _ = try await Program.run(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", "\(directory)/id"])
        let line = try String(contentsOfFile: "\(directory)/id.pub", encoding: .utf8)
        try await body(LoginKey(directory: directory, publicLine: line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Runs a command on a server that the API described.
    func run(_ command: String, on server: JSON) async throws -> Program.Result {
        guard let address = server["ip_address"].string, let port = server["ssh_port"].int,
            let user = server["ssh_user"].string, let hostKey = server["ssh_host_key"].string
        else { throw TestServiceError("the server lacks what a login needs: \(server)") }
        let name = port == 22 ? address : "[\(address)]:\(port)"
        try "\(name) \(hostKey)\n".write(toFile: "\(directory)/known_hosts", atomically: true, encoding: .utf8)
        return try await Program.run(
            "ssh",
            [
                "-F", "none", "-T", "-i", "\(directory)/id", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o",
                "UserKnownHostsFile=\(directory)/known_hosts", "-o", "StrictHostKeyChecking=yes", "-o",
                "LogLevel=ERROR",
                "-p", "\(port)", "\(user)@\(address)", command,
            ])
    }
}
