internal import CSSH2

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Finds out whether libssh2 can open a private key, without a server.
enum KeyProbe {
    /// Blocks while the key is derived from its passphrase.
    ///
    /// A session that speaks to nobody begins a login: libssh2 opens the key first, and only then waits for an answer.
    static func opens(_ key: PrivateKey) -> Bool {
        guard SSHLibrary.isReady, let session = fleet_session_new(nil) else { return false }
        defer { libssh2_session_free(session) }
        fleet_session_set_callbacks(session, receiveNothing, sendNowhere, ignoreEnd)
        let code = key.lend { material in
            libssh2_userauth_publickey_frommemory(
                session, "nobody", 6, nil, 0, material.text, strlen(material.text), material.passphrase)
        }
        return code == LIBSSH2_ERROR_EAGAIN
    }
}

private let receiveNothing: fleet_receive_callback = { _, _, _, _, _ in -Int(EAGAIN) }
private let sendNowhere: fleet_send_callback = { _, _, length, _, _ in length }
private let ignoreEnd: fleet_disconnect_callback = { _, _, _, _, _, _, _ in }
