import ArgumentParser
import FleetCoordinator
import NIOPosix

/// The program: reads arguments, calls the library, turns its answer into an exit status.
@main
struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Runs the integration tests of the Provisioning Platform over several hosts.",
        discussion: """
            Exit status: 0 every test passed; 1 a test failed, timed out or crashed; 2 incomplete: a test could not be \
            run, nothing matched, too few hosts, or the deadline; 64 usage; 65 bad input file; 74 output cannot be \
            written; 130 and 143 ended by SIGINT and SIGTERM.
            """,
        version: ProgramVersion.text,
        subcommands: [
            RunCommand.self, ResumeCommand.self, PlanCommand.self, ListCommand.self, ReportCommand.self,
            DoctorCommand.self, AuditCommand.self, TeardownCommand.self, EnvironmentsCommand.self,
            AttachCommand.self, ConfigCommand.self, SetupCommand.self,
        ])
}

extension RunStatus {
    /// Ends the program with this status.
    func leave() throws -> Never { throw ExitCode(rawValue) }
}
