import ArgumentParser
import FleetCoordinator
import FleetModel
import NIOPosix

/// `coordinator setup`.
struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Bring an environment up on this machine, or on every host, and leave it there.",
        discussion: """
            It stays until `teardown`; `environments` lists it, `attach` enters it, `run --skip-setup` runs in it. Exit \
            status: 0 all are ready, 2 one is not, with the reason, 64 usage, 65 bad input file.
            """)

    @OptionGroup var hosts: HostOptions
    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "Which services it has: solo, multiuser, cicd or enterprise.")
    var mode = Mode.solo

    @Option(help: "What it is called: lower-case letters, digits and '-'.")
    var name = "manual"

    @Option(help: ArgumentHelp("Programs of your own build of the platform.", valueName: "dir"))
    var platformBin: String?

    @OptionGroup var reach: ReachOptions

    func run() async throws {
        var options = RunOptions()
        hosts.apply(to: &options)
        options.configuration = try configuration.load()
        options.platformPrograms = platformBin.map(AbsolutePath.of)
        reach.apply(to: &options)
        let setup = Setup(options: options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await setup.run(mode: mode, name: name).leave()
    }
}
