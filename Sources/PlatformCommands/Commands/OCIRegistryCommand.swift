import ArgumentParser
import FleetSystem
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `provisioning oci-registry …`.
struct OCIRegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oci-registry", abstract: "An OCI registry on this machine.", subcommands: [Start.self])

    /// `provisioning oci-registry start`.
    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a registry for this machine, until Ctrl-C or SIGTERM.",
            discussion: """
                It is the host's own docker-registry, which takes the command's place: without TLS and without a login, on \
                127.0.0.1 alone.
                """)

        @OptionGroup var common: CommonOptions

        @Option(help: "The port.")
        var port: UInt16 = 5000

        @Option(help: "The directory that it keeps everything in; default: ~/.provisioning/oci-registry.")
        var data: String?

        func run() async throws {
            try await common.perform { _ in
                guard let program = ProgramSearch.find("docker-registry") else {
                    throw CommandFailure(
                        .unavailable, "this host has no docker-registry; install it: apt-get install docker-registry")
                }
                let here = FileManager.default.currentDirectoryPath
                let home = ProcessInfo.processInfo.environment["HOME"] ?? here
                let place = data ?? "\(home)/.provisioning/oci-registry"
                let directory = place.hasPrefix("/") ? place : "\(here)/\(place)"
                let file = try configure(directory)
                common.show(["url": .string("http://127.0.0.1:\(port)"), "data": .string(directory)])
                throw become(program, ["serve", file])
            }
        }

        /// Writes the registry's configuration, and returns its file.
        private func configure(_ directory: String) throws -> String {
            do { try PrivateDirectory.ensure(directory) } catch { throw CommandFailure(.failed, "--data: \(error)") }
            let configuration = JSONValue.object([
                "version": .string("0.1"),
                "storage": .object([
                    "filesystem": .object(["rootdirectory": .string(directory)]),
                    "delete": .object(["enabled": .boolean(true)]),
                ]),
                "http": .object(["addr": .string("127.0.0.1:\(port)")]),
            ])
            // What is JSON is YAML, too, but for slashes that are escaped.
            let file = "\(directory)/config.yml"
            try AtomicFile.write(Array(configuration.json.utf8), to: file)
            return file
        }

        /// Becomes another program. Returns only when that cannot be done, with why.
        private func become(_ program: String, _ arguments: [String]) -> CommandFailure {
            // The registry sends traces to an address of its own choice unless it is told not to.
            setenv("OTEL_TRACES_EXPORTER", "none", 0)
            // The threads of this program block signals, which the other one would inherit.
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            let words = ([program] + arguments).map { strdup($0) } + [nil]
            execv(program, words)
            return CommandFailure(.failed, "\(SystemCallError(call: "execv", subject: program))")
        }
    }
}
