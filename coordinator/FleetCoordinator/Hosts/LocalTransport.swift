import FleetModel
import FleetProtocol
import FleetSystem
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An agent on this machine: started as a child process, reached over the loopback address.
struct LocalTransport: HostTransport {
    let bundles: BundleShelf
    let packs: [Pack]
    let workdir: String
    let group: any EventLoopGroup

    var workdirWord: String { Shell.quote(workdir) }

    func prepare() async throws(LinkError) {
        _ = try bundles.bundle(for: .own)
        let check = "\(HostOwnership.function); [ ! -e \(workdirWord) ] || ours \(workdirWord)"
        let answer = try await shell(check, limit: .seconds(30))
        guard answer.status == 0 else {
            throw LinkError(.permanent, "the working directory \(workdir) is not ours alone: \(answer.errors)")
        }
        do {
            let directory = "\(workdir)/packs"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for pack in packs {
                let place = "\(directory)/\(pack.sha256).tar"
                if FileManager.default.fileExists(atPath: place) {
                    // What was not used for long is removed.
                    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: place)
                    continue
                }
                // Copied under a name of its own first: a reader never sees half a file.
                let partial = "\(directory)/\(pack.sha256).\(ProcessInfo.processInfo.processIdentifier).partial"
                try FileManager.default.copyItem(atPath: pack.path, toPath: partial)
                try FileManager.default.moveItem(atPath: partial, toPath: place)
            }
        } catch {
            let words = LinkError(.permanent, "cannot prepare \(workdir) on this machine: \(error)")
            throw await HostExamination.explained(words, on: self, bundles: bundles)
        }
    }

    func launch(_ order: LaunchOrder) async throws(LinkError) -> AgentAddress {
        let result = try await runAgent(order.arguments(workdir: workdir), input: order.input())
        guard result.status == .exited(0) else {
            throw LinkError(.transient, "agent serve \(result.status): \(result.errors)")
        }
        return try AgentAddress(readyLine: result.output)
    }

    func open(port: Int) async throws(LinkError) -> any ByteDuplex {
        do {
            return try await TCPDuplex.connect(port: port, on: group)
        } catch {
            throw LinkError(.agentGone, "nobody listens on the agent's port \(port)")
        }
    }

    func sweep(_ scope: SweepScope) async throws(LinkError) -> [String] {
        let result = try await runAgent(scope.arguments(workdir: workdir), input: "")
        return result.output.split(separator: "\n").map(String.init)
    }

    func close() async {}

    func resolvedWorkdir() async throws(LinkError) -> String { workdir }

    func shell(_ script: String, limit: Duration) async throws(LinkError) -> ShellOutcome {
        let result = try await start("/bin/sh", [], input: script, limit: limit)
        return ShellOutcome(status: result.code, output: result.output, errors: result.errors)
    }

    func agent(_ arguments: [String], input: String, limit: Duration) async throws(LinkError) -> ShellOutcome {
        let result = try await runAgent(arguments, input: input, limit: limit)
        return ShellOutcome(status: result.code, output: result.output, errors: result.errors)
    }

    func forwarding() async throws(LinkError) -> Forwarding { .notNeeded }

    private struct CommandResult {
        var status: ExitStatus
        var output: String
        var errors: String

        var code: Int {
            switch status {
            case .exited(let code): Int(code)
            case .signaled: -1
            }
        }
    }

    private func runAgent(
        _ arguments: [String], input: String, limit: Duration = .seconds(30)
    ) async throws(LinkError) -> CommandResult {
        let program = "\(try bundles.bundle(for: .own).directory)/agent"
        return try await start(program, arguments, input: input, limit: limit)
    }

    private func start(
        _ program: String, _ arguments: [String], input: String, limit: Duration
    ) async throws(LinkError) -> CommandResult {
        do {
            let child = try Spawner.spawn(
                ProcessSpecification(
                    executable: program, arguments: arguments,
                    environment: ProcessInfo.processInfo.environment, standardInput: .pipe, standardOutput: .pipe,
                    standardError: .pipe))
            let (output, errors) = (BoundedCapture(head: 1 << 20), BoundedCapture())
            if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
            if let descriptor = child.takeStandardError() { errors.start(descriptor) }
            if let descriptor = child.takeStandardInput() { try PipeWriter.write(input, to: descriptor) }
            let ended = await withTaskCancellationHandler {
                await child.exit(within: limit)
            } onCancel: {
                child.send(signal: SIGKILL)
            }
            guard let status = ended else {
                _ = await child.end(grace: .zero)
                throw TimeLimitExceeded(limit: limit)
            }
            // A detached agent may hold the streams; what is there after the end of the command is all that counts.
            await output.stop()
            await errors.stop()
            return CommandResult(status: status, output: output.output.headText, errors: errors.output.headText)
        } catch {
            throw LinkError(.permanent, "cannot run \(program) \(arguments.first ?? ""): \(error)")
        }
    }
}

extension AgentAddress {
    /// Reads the agent's one line; whatever a shell's start-up files printed before it is skipped.
    init(readyLine text: String) throws(LinkError) {
        let said = text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }
        for line in said {
            let word = try? JSONDecoder().decode(EvictedLine.self, from: Data(line.utf8))
            if let word, word.type == "evicted" { throw LinkError(evictedBy: word.by ?? "somebody") }
        }
        let lines = said.filter { $0.contains("\"ready\"") }
        guard let line = lines.last,
            let address = try? JSONDecoder().decode(AgentAddress.self, from: Data(line.utf8))
        else {
            throw LinkError(.transient, "the agent did not say where it listens; it printed: \(text.prefix(300))")
        }
        self = address
    }
}

/// What an agent says in place of `ready` when somebody has sent the run away from its host.
private struct EvictedLine: Decodable {
    var type: String
    var by: String?
}

extension LinkError {
    /// Somebody sent the run away from the host.
    init(evictedBy person: String) { self.init(.evicted, "evicted by \(person)") }
}
