import FleetSystem
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The user that we run as, and that logs in to our servers.
struct LocalUser: Sendable, Hashable {
    let name: String
    /// True when sshd refuses the account unless PAM decides: root with a locked password, as on Ubuntu.
    let isLocked: Bool

    /// The user of this process. Throws when the user database has no name for it, since SSH logs in by name.
    static func current() throws -> LocalUser {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else {
            throw PlatformError(
                .failed,
                "user \(getuid()) has no name in the user database, so nobody can log in as it; add it to /etc/passwd")
        }
        let user = String(cString: name)
        return LocalUser(name: user, isLocked: hasLockedPassword(user))
    }

    /// Only root can read the shadow file; sshd of another user does not look at it either.
    private static func hasLockedPassword(_ user: String) -> Bool {
        guard let bytes = try? AtomicFile.read("/etc/shadow") else { return false }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .contains { $0.hasPrefix("\(user):!") }
    }
}
