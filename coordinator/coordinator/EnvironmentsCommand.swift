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
