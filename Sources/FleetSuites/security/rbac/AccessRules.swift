/// Who may do what: the rules of the platform's pages on access, written down here apart from the platform.
///
/// Documented: development gives developers full access; staging and production do not give it to them; operators (the team
/// sre) run the infrastructure; administrators are unrestricted; auditors and viewers read, list and monitor, no more; a
/// DELETE needs a second factor. Ours, where the pages are silent: who reads secrets, the audit log and the platform's own
/// affairs.
enum AccessRules {
    /// The roles that people have.
    enum Role: String, CaseIterable, Sendable {
        case admin, `operator`, developer, viewer, auditor
    }

    /// The actions of the documented policies that requests can be.
    enum Act: Sendable {
        case look, create, update, delete, deploy, rollback, execute
    }

    /// What requests are about, as far as the rules tell things apart.
    enum Area: Sendable {
        /// Servers, taskservs, clusters, workflows, tasks, workspaces, extensions, names.
        case infrastructure
        /// Secrets and keys.
        case secrets
        /// The log of what everybody did.
        case audit
        /// Users and their rights, and the platform itself.
        case administration
    }

    /// Whether a role may, in development, without a second factor unless it is a DELETE.
    static func allows(_ role: Role, _ act: Act, _ area: Area) -> Bool {
        switch (role, area) {
        case (.admin, _): true
        case (.operator, .infrastructure), (.operator, .secrets): true
        case (.developer, .infrastructure), (.developer, .secrets): true
        case (.viewer, .infrastructure), (.auditor, .infrastructure): act == .look
        case (.auditor, .audit), (.auditor, .administration): act == .look
        case (.operator, _), (.developer, _), (.viewer, _), (.auditor, _): false
        }
    }
}
