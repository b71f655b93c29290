internal import CSSH2

/// Compares hidden names of known_hosts. The hash is HMAC-SHA1; libssh2 has it, so we need no second library for it.
final class HashedNameMatcher {
    private let session: OpaquePointer?
    /// Any text serves as key: only the names are compared.
    private static let key = "AAAA"

    init() {
        session = SSHLibrary.isReady ? fleet_session_new(nil) : nil
    }

    deinit {
        if let session { libssh2_session_free(session) }
    }

    func matches(_ name: String, salt: String, hash: String) -> Bool {
        guard let session, let collection = libssh2_knownhost_init(session) else { return false }
        defer { libssh2_knownhost_free(collection) }
        let added = libssh2_knownhost_addc(
            collection, hash, salt, Self.key, Self.key.utf8.count, nil, 0, Int32(fleet_known_host_hashed), nil)
        guard added == 0 else { return false }
        let answer = libssh2_knownhost_check(
            collection, name, Self.key, Self.key.utf8.count, Int32(fleet_known_host_plain), nil)
        return answer == LIBSSH2_KNOWNHOST_CHECK_MATCH
    }
}
