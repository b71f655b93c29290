import BuiltinSupport
import FleetSystem
import Logging

/// The parts of the service that all routes share.
final class Gitea: Sendable {
    let settings: GiteaSettings
    let directory: String
    let site: StateFile<Site>
    let passwords = PasswordCache()
    let courier: Courier
    let logger: Logger
    private let ledgers = Locked<[Int: StateFile<Ledger>]>([:])

    init(settings: GiteaSettings, directory: String, logger: Logger) throws {
        self.settings = settings
        self.directory = directory
        self.logger = logger
        for name in ["git", "ledgers", "assets", "spool", "hooks"] {
            try PrivateDirectory.ensure("\(directory)/\(name)")
        }
        site = try StateFile("\(directory)/site.json", initial: Site())
        courier = Courier(logger: logger)
        // Tells us which references a push moved; git runs it after each one.
        let hook = "#!/bin/sh\nif [ -n \"$PUSH_REPORT\" ]; then exec cat >\"$PUSH_REPORT\"; fi\n"
        try AtomicFile.write(hook.utf8, to: "\(directory)/hooks/post-receive", mode: 0o700)
        _ = DirectoryTree.empty("\(directory)/spool")
        try ensureAdministrator()
    }

    /// The administrator of the settings exists and has the password that they say.
    private func ensureAdministrator() throws {
        let known = site.read { $0.account(settings.adminUsername) }
        if let hash = known?.password, passwords.matches(settings.adminPassword, hash), known?.isAdmin == true {
            return
        }
        let hash = try PasswordHash(settings.adminPassword)
        try site.update { site in
            var account =
                site.account(settings.adminUsername)
                ?? Account(id: site.nextID(), login: settings.adminUsername, created: Clock.now())
            account.email = settings.adminEmail
            account.isAdmin = true
            account.password = hash
            site.accounts[account.id] = account
        }
    }

    func git(_ repository: Int) -> Git { Git(directory: "\(directory)/git/\(repository).git") }

    /// The repository's issues and so on.
    func ledger(_ repository: Int) throws -> StateFile<Ledger> {
        try ledgers.withLock { ledgers in
            if let ledger = ledgers[repository] { return ledger }
            let ledger = try StateFile("\(directory)/ledgers/\(repository).json", initial: Ledger())
            ledgers[repository] = ledger
            return ledger
        }
    }

    /// The base URL of links: the settings', or where the caller reached us.
    func root(_ call: Call) -> String { settings.rootURL ?? call.baseURL }

    /// Takes a repository away with everything in it; the record goes first, so that a crash leaves only files.
    func delete(_ repository: Repository) throws {
        try site.update { site in
            site.repositories[repository.id] = nil
            for id in site.teams.keys { site.teams[id]?.repositories.remove(repository.id) }
        }
        let assets = try ledger(repository.id).read { $0.releases.values.flatMap(\.assets).map(\.uuid) }
        ledgers.withLock { $0[repository.id] = nil }
        for path in assets.map({ "assets/\($0)" }) + ["ledgers/\(repository.id).json", "git/\(repository.id).git"] {
            _ = DirectoryTree.remove("\(directory)/\(path)")
        }
    }
}
