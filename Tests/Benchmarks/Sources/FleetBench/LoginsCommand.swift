internal import ArgumentParser
internal import FleetSSH

/// So many sessions to one server at once, each logged in.
struct LoginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logins")

    @OptionGroup var server: ServerOptions
    @Argument var count: Int

    struct Figures: Encodable {
        var seconds: Double
        var refused: Int
        var errors: [String]
    }

    func run() async throws {
        let begin = ContinuousClock.now
        let results = await withTaskGroup(of: Result<SSHConnection, any Error>.self) { group in
            for _ in 0..<count {
                group.addTask {
                    do { return .success(try await server.connect()) } catch { return .failure(error) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let seconds = (ContinuousClock.now - begin).inSeconds
        var errors: [String] = []
        for result in results {
            switch result {
            case .success(let connection): await connection.close()
            case .failure(let error): errors.append("\(error)")
            }
        }
        try JSON.print(Figures(seconds: seconds, refused: errors.count, errors: Array(errors.prefix(3))))
    }
}
