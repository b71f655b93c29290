internal import ArgumentParser
internal import FleetSSH

/// Pushes a file as a bundle is pushed: streamed, checked by SHA-256 there, put in place by a rename.
struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "push")

    @OptionGroup var server: ServerOptions
    @Argument var file: String
    @Argument var destination: String
    @Option(help: "What the file must have, in hexadecimal.") var sha256: String

    struct Figures: Encodable { var seconds: Double }

    func run() async throws {
        let connection = try await server.connect()
        let begin = ContinuousClock.now
        try await connection.upload(file: file, to: destination, sha256: sha256, mode: 0o644)
        let seconds = (ContinuousClock.now - begin).inSeconds
        await connection.close()
        try JSON.print(Figures(seconds: seconds))
    }
}
