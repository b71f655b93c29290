import ArgumentParser
import Logging
import PlatformKMS

/// `platform kms`.
struct KMSCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kms", abstract: "Run the KMS service (encryption and SSH keys over OpenBao) until SIGTERM.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await KMS.run(
            try options.read(KMSSettings.self), listen: options.address, data: options.dataDirectory,
            logger: Logger(label: "kms"), listening: ServiceOptions.announce)
    }
}
