public import ArgumentParser
import FleetCoordinator
public import FleetModel

/// The options that choose tests, common to `run`, `plan` and `list`.
struct ChoiceOptions: ParsableArguments {
    @Option(help: "Only tests whose home mode is MODE: solo, multiuser, cicd or enterprise. May be repeated.")
    var mode: [Mode] = []

    @Option(help: ArgumentHelp("Only tests of this suite. May be repeated.", valueName: "name"))
    var suite: [String] = []

    @Option(help: ArgumentHelp("Only tests whose id or title matches, without regard to case.", valueName: "regex"))
    var filter: String?

    @Option(
        help: ArgumentHelp(
            "Command tests that take the place of the built-in ones. May be repeated.", valueName: "file"))
    var suiteFile: [String] = []

    @Flag(help: "Run the built-in tests beside those of --suite-file.")
    var builtin = false

    @Flag(
        help: ArgumentHelp(
            "Each test in every mode that it can run in, not in its home mode alone.",
            discussion: "Copies have their mode behind the id, such as suite/name@cicd; --mode and --filter see them."))
    var allModes = false

    /// The choice as the library takes it.
    var choice: TestChoice {
        var choice = TestChoice()
        choice.modes = mode
        choice.suites = suite
        choice.filter = filter
        choice.suiteFiles = suiteFile
        choice.includesBuiltin = builtin
        choice.takesAllModes = allModes
        return choice
    }
}

/// The options that choose hosts, common to `run` and `plan`.
struct HostOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The hosts to run on: a line each, as the README shows.", valueName: "file"))
    var agents: String?

    @Option(help: ArgumentHelp("Run N agents on this machine, without SSH (default 1).", valueName: "n"))
    var local: Int?

    @Option(help: ArgumentHelp("At most N tests at once in each lane.", valueName: "n"))
    var parallel: Int?

    func validate() throws {
        if agents != nil, local != nil { throw ValidationError("--agents and --local exclude each other") }
        if let local, !(1...64).contains(local) { throw ValidationError("--local takes 1 to 64") }
        if let parallel, parallel < 1 { throw ValidationError("--parallel takes a number from 1") }
    }

    /// Writes the choice into the run's options.
    func apply(to options: inout RunOptions) {
        options.agentsFile = agents
        options.localAgents = local ?? 1
        options.parallel = parallel
    }
}

extension Mode: ExpressibleByArgument {}
