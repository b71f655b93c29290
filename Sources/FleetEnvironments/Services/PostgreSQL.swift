import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// PostgreSQL of Debian's package: passwords by SCRAM, no unix socket, one database with an owner of its own for each
/// service of the platform that keeps something there.
struct PostgreSQL: ServiceBacking {
    /// The databases, which are the names of their owners, too.
    static let databases = ["control_center", "api_server"]
    static let superuser = "postgres"

    var service: String { "postgresql" }
    var kind: Backing { .native }
    var programs: [RequiredProgram] {
        [
            RequiredProgram(name: "postgres", from: .package("postgresql")),
            RequiredProgram(name: "initdb", from: .package("postgresql")),
        ]
    }
    // Ends at once, whoever is connected, and leaves a clean database.
    var stopSignal: Int32 { SIGINT }

    func version(in surroundings: ServiceSurroundings) async -> String {
        // "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"
        let line = await ProgramVersion.firstLine(
            of: surroundings.program("postgres"), ["--version"], path: surroundings.plan.programPath)
        let words = line?.split(separator: " ") ?? []
        return "postgresql \(words.count > 2 ? String(words[2]) : "of unknown version")"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let password = surroundings.kept("superuser.secret")
        let owners = PostgreSQL.databases.map { (name: $0, password: surroundings.kept("\($0).secret")) }
        let command = Unprivileged.command(
            surroundings.program("postgres"), ["-D", "\(directory)/data"] + settings(port),
            search: surroundings.plan.programPath)
        var secrets = ["user": PostgreSQL.superuser, "password": password.content]
        for owner in owners { secrets["\(owner.name)-password"] = owner.password.content }
        return ServiceLaunch(
            executable: command[0], arguments: Array(command.dropFirst()),
            files: [password] + owners.map { $0.password },
            preparations: [
                create(password.path, surroundings),
                fill(owners.map { ($0.name, $0.password.content) }, surroundings),
            ],
            gates: [.postgresql(address: "127.0.0.1", port: port)],
            properties: [
                "address": "127.0.0.1", "port": "\(port)", "databases": PostgreSQL.databases.joined(separator: ","),
            ],
            secrets: secrets)
    }

    private func settings(_ port: Int) -> [String] {
        [
            "port=\(port)", "listen_addresses=127.0.0.1", "unix_socket_directories=",
            // Files of ours, which go with the directory, in place of shared memory of the whole machine.
            "dynamic_shared_memory_type=mmap",
            // What the server was told survives its own end by kill; an environment does not survive its machine's.
            "fsync=off", "full_page_writes=off",
            "shared_buffers=32MB", "huge_pages=off", "jit=off", "max_connections=100",
        ].flatMap { ["-c", $0] }
    }

    private func create(_ password: String, _ surroundings: ServiceSurroundings) -> ServiceLaunch.Preparation {
        let arguments = [
            "-D", "\(surroundings.directory)/data", "-U", PostgreSQL.superuser, "--pwfile", password,
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ]
        let command = Unprivileged.command(
            surroundings.program("initdb"), arguments, search: surroundings.plan.programPath)
        return ServiceLaunch.Preparation(
            purpose: "made the database cluster", executable: command[0], arguments: Array(command.dropFirst()),
            marker: "\(surroundings.directory)/made")
    }

    // By the server itself, alone and without a port: nobody else is in before the owners have their passwords.
    private func fill(
        _ owners: [(name: String, password: String)], _ surroundings: ServiceSurroundings
    ) -> ServiceLaunch.Preparation {
        let arguments = [
            "--single", "-D", "\(surroundings.directory)/data", "-c", "dynamic_shared_memory_type=mmap", "postgres",
        ]
        let command = Unprivileged.command(
            surroundings.program("postgres"), arguments, search: surroundings.plan.programPath)
        // One statement a line; in this mode a semicolon does not end one.
        let statements = owners.flatMap {
            [
                "CREATE ROLE \($0.name) LOGIN PASSWORD '\($0.password)'",
                "CREATE DATABASE \($0.name) OWNER \($0.name)",
                "REVOKE ALL ON DATABASE \($0.name) FROM PUBLIC",
            ]
        }
        return ServiceLaunch.Preparation(
            purpose: "made the databases", executable: command[0], arguments: Array(command.dropFirst()),
            input: statements.joined(separator: "\n"), marker: "\(surroundings.directory)/filled",
            failureWords: ["ERROR:", "FATAL:", "PANIC:"])
    }
}
