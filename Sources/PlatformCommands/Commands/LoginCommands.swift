import ArgumentParser
import InterfaceProfile
import NIOHTTP1
import PlatformService

/// `provisioning login`.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in at the control center.",
        discussion: """
            The password is asked for on a terminal, else it is the first line of standard input. The session is kept in a file \
            of mode 0600 below $XDG_STATE_HOME/provisioning.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The user's name.")
    var username: String

    @Option(help: "The six digits of the second factor.")
    var mfaCode: String?

    func run() async throws {
        try await common.perform { client in
            guard let password = Console.password("Password of \(username): "), !password.isEmpty else {
                throw CommandFailure(.invalid, "no password was given; type it, or send it as a line to standard input")
            }
            try await client.logIn(username: username, password: password, code: mfaCode)
            common.show(["username": .string(username), "logged_in": .boolean(true)])
        }
    }
}

/// `provisioning logout`.
struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "End the session, here and at the control center.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform { client in
            guard try await client.logOut() else { throw CommandFailure(.notLoggedIn, "nobody is logged in") }
            common.show(["logged_in": .boolean(false)])
        }
    }
}

/// `provisioning whoami`.
struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Show who the platform takes you for, and what you may do.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform { client in
            common.show(try await client.send(.GET, .orchestrator, InterfaceProfile.standard.paths.identity))
        }
    }
}
