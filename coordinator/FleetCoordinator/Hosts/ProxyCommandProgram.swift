import FleetSSH
import FleetSystem

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

/// A `ProxyCommand` of the user's OpenSSH configuration, running.
enum ProxyCommandProgram {
    /// How long it may take to end when it is asked to.
    private static let grace = Duration.seconds(1)

    /// Starts a command as OpenSSH does: by the user's shell, which it replaces. It ends with this process at the
    /// latest.
    static func start(_ command: String) throws -> SSHProxyProgram {
        let variables = ProcessInfo.processInfo.environment
        let shell = variables["SHELL"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/bin/sh"
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: shell, arguments: ["-c", "exec \(command)"], environment: variables, standardInput: .pipe,
                standardOutput: .pipe, standardError: .pipe))
        let complaints = BoundedCapture()
        if let descriptor = child.takeStandardError() { complaints.start(descriptor) }
        guard let input = child.takeStandardInput(), let output = child.takeStandardOutput() else {
            preconditionFailure("pipes were asked for")
        }
        return SSHProxyProgram(input: input, output: output) {
            child.sendToGroup(signal: SIGTERM)
            if await child.exit(within: grace) == nil {
                child.sendToGroup(signal: SIGKILL)
                _ = await child.exit()
            }
            await complaints.stop()
        } verdict: {
            // The end of its output is seen a moment before its own.
            guard let status = await child.exit(within: grace), status != .exited(0) else { return nil }
            await complaints.stop()
            let words = complaints.output.headText.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
            return "\(status)" + (words.isEmpty ? "" : ": \(words)")
        }
    }
}
