import ArgumentParser
import FleetCoordinator
import NIOPosix

/// `coordinator environments`.
struct EnvironmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environments", abstract: "List the environments that are kept on the hosts.",
        discussion: "`run --skip-teardown` keeps them, `run --skip-setup` goes on with them, `teardown` removes them.")

    @OptionGroup var visit: VisitOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let environments = Environments(
            options: visit.options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await environments.run(asJSON: json).leave()
    }
}

/// `coordinator attach`.
struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Enter an environment that is kept on a host.",
        discussion: """
            Opens a port of this machine for each of its services (TCP) and prints them; on a terminal, a shell inside \
            follows, with the endpoints in FLEET_… variables. It ends with the shell, with Ctrl-C, or, without a \
            terminal or with SERVICE, at the end of standard input. The host needs `script` (bsdutils) for the shell.
            """)

    @OptionGroup var visit: VisitOptions

    @Argument(help: "The host, as hosts.txt names it, or a part of its name.")
    var host: String

    @Argument(help: "Only the tunnel to this service, and no shell.")
    var service: String?

    @Option(help: "Which environment, where the host keeps several.")
    var name: String?

    func run() async throws {
        let attach = Attach(
            options: visit.options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await attach.run(host: host, service: service, name: name).leave()
    }
}
