internal import ArgumentParser

/// Measures parts of the fleet from inside; `bench` runs it beside the peers. Each subcommand prints one JSON object.
@main
struct FleetBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "FleetBench", abstract: "Measure parts of the fleet; results are JSON on standard output.",
        subcommands: [TunnelCommand.self, LoginsCommand.self, PushCommand.self, ScaleCommand.self])
}
