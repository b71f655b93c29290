import FleetSSH
import FleetSystem
import FleetTestSupport

/// A home directory with an OpenSSH configuration, for one test; removed with it.
final class ConfigFolder: Sendable {
    let home: String

    init() throws {
        home = try TestFiles.makeDirectory(prefix: "fleet-config")
        try TestFiles.makeDirectory(at: "\(home)/.ssh")
    }

    deinit { TestFiles.remove(home) }

    /// Writes a file below `.ssh` and answers its path.
    @discardableResult
    func write(_ text: String, to name: String = "config") throws -> String {
        try TestFiles.write(text, to: "\(home)/.ssh/\(name)")
        return "\(home)/.ssh/\(name)"
    }

    /// What the configuration says, without the machine's own.
    func config(variables: [String: String] = [:], systemFile: String? = nil) -> SSHConfig {
        SSHConfig(
            SSHConfig.Surroundings(home: home, user: TestSSHServer.user, variables: variables, systemFile: systemFile))
    }

    func resolve(
        _ text: String, _ name: String, user: String? = nil, port: Int? = nil, variables: [String: String] = [:]
    ) throws -> SSHHostSettings {
        try write(text)
        return try config(variables: variables).resolve(name, user: user, port: port)
    }

    /// The faults as `LINE:COLUMN: message` of a host that must not be settled.
    func faults(_ text: String, _ name: String = "x") throws -> [String] {
        try write(text)
        do {
            _ = try config().resolve(name)
            return []
        } catch {
            return error.faults.map { "\($0.line ?? 0):\($0.column ?? 0): \($0.message)" }
        }
    }
}

/// What `ssh -G` says of a host: the real OpenSSH is what we are compared with.
struct Oracle {
    static let program = "/usr/bin/ssh"

    /// The values by keyword in small letters; nil when OpenSSH refuses the file.
    static func ask(_ path: String, _ name: String) async throws -> [String: [String]]? {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: ["-G", "-F", path, name],
                environment: ["PATH": "/usr/bin:/bin", "FLEET_SOCKET": "/tmp/socket"], standardOutput: .pipe))
        let output = BoundedCapture()
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        let status = await child.exit(within: .seconds(20))
        _ = await output.finished(within: .seconds(5))
        await output.stop()
        guard status == .exited(0) else { return nil }
        var values: [String: [String]] = [:]
        for line in output.output.headText.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            values[parts[0], default: []].append(parts.count > 1 ? parts[1] : "")
        }
        return values
    }
}
