import ArgumentParser
import Logging
import PlatformControlCenter

/// `platform control-center`.
struct ControlCenterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control-center", abstract: "Run the control center (users, logins, tokens) until SIGTERM.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await ControlCenter.run(
            try options.read(ControlCenterSettings.self), listen: options.address, data: options.dataDirectory,
            logger: Logger(label: "control-center"), listening: ServiceOptions.announce)
    }
}
