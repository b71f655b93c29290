import FleetSystem
import InterfaceProfile
import PlatformService

/// The place of one taskserv on one server: a directory below HOME, and the programs in it.
struct TaskservSite: Sendable {
    let name: String
    let version: String
    let server: ServerRecord
    let target: RemoteShell.Target
    let shell: RemoteShell
    /// What the programs are told beside the usual.
    let variables: [String: String]

    /// Relative to the server's HOME, where every session begins.
    private var directory: String { "taskservs/\(name)" }

    /// Copies the archive to the server and unpacks it there, in place of what was there.
    func unpack(_ archive: String, _ output: TaskOutput) async throws {
        let command =
            "rm -rf \(directory).new && mkdir -p \(directory).new && tar -xzf - -C \(directory).new --no-same-owner"
            + " && rm -rf \(directory) && mv \(directory).new \(directory)"
        let result = try await shell.run(command, on: target, input: archive, seconds: TaskservWorkflow.patience)
        guard result.status.isSuccess else {
            throw PlatformError(
                .failed,
                "\(server.hostname): the archive of \(name) cannot be unpacked (\(result.status)): \(result.output)")
        }
    }

    /// Runs a program of the archive. Throws when it does not end with status 0.
    func run(_ program: String, _ output: TaskOutput) async throws {
        let result = try await shell.run(command(program), on: target, seconds: TaskservWorkflow.patience)
        await output.add("\(server.hostname): \(name) \(program): \(result.status)")
        if !result.output.isEmpty { await output.add(result.output) }
        guard result.status.isSuccess else {
            throw PlatformError(
                .failed,
                "\(server.hostname): \(program) of \(name) \(version) failed (\(result.status)): \(result.output)")
        }
    }

    /// Removes the directory.
    func removeFiles() async throws {
        let result = try await shell.run("rm -rf \(directory) \(directory).new", on: target)
        guard result.status.isSuccess else {
            throw PlatformError(.failed, "\(server.hostname): the files of \(name) cannot be removed: \(result.output)")
        }
    }

    /// Runs `remove` and removes the files, as far as that goes.
    func takeOff(_ output: TaskOutput) async {
        do { try await run(InterfaceProfile.standard.artifacts.removeProgram, output) } catch {
            await output.add(words(of: error))
        }
        do { try await removeFiles() } catch { await output.add(words(of: error)) }
    }

    private func command(_ program: String) -> String {
        let usual = [
            "TASKSERV_NAME": name, "TASKSERV_VERSION": version, "SERVER_NAME": server.hostname,
            "SERVER_ADDRESS": server.address?.description ?? "", "SERVER_DNS_NAME": server.dnsName,
        ]
        let words = usual.merging(variables) { usual, _ in usual }.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(SSHDConfiguration.shellQuoted($0.value))"
        }
        return "cd \(directory) && env \(words.joined(separator: " ")) TASKSERV_ROOT=\"$PWD\" ./\(program)"
    }
}
