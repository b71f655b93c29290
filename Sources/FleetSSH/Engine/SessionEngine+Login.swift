internal import CSSH2
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The session-level calls up to the login. Each keeps its progress inside the session: one at a time, repeated until
/// it is done.
extension SessionEngine {
    /// Asks for these kinds of host key, the first first.
    ///
    /// Kinds that the library lacks are left out here: libssh2 1.10 strips them itself with a copy between
    /// overlapping memory.
    func prefer(hostKeyKinds kinds: [String]) {
        eventLoop.preconditionInEventLoop()
        let supported = supportedHostKeyKinds
        let usable = kinds.filter(supported.contains)
        guard let session, !usable.isEmpty else { return }
        // When this fails the library's own list stays, which does no harm: the key is judged all the same.
        _ = libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, usable.joined(separator: ","))
    }

    private var supportedHostKeyKinds: Set<String> { supported(LIBSSH2_METHOD_HOSTKEY) }

    private func supported(_ method: Int32) -> Set<String> {
        guard let session else { return [] }
        var list: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        let count = libssh2_session_supported_algs(session, method, &list)
        guard count > 0, let list else { return [] }
        defer { libssh2_free(session, list) }
        return Set((0..<Int(count)).compactMap { list[$0].map { String(cString: $0) } })
    }

    /// Of what this library and the server have nothing in common, as far as the server has said what it has.
    var gaps: [ServerProposal.Gap] {
        eventLoop.preconditionInEventLoop()
        let methods: [ServerProposal.Subject: Int32] = [
            .keyExchange: LIBSSH2_METHOD_KEX, .hostKey: LIBSSH2_METHOD_HOSTKEY, .cipher: LIBSSH2_METHOD_CRYPT_CS,
            .mac: LIBSSH2_METHOD_MAC_CS,
        ]
        return proposals.proposal?.gaps(with: methods.mapValues(supported)) ?? []
    }

    /// Exchanges banners and keys.
    func handshake() -> Progress<Void> {
        eventLoop.preconditionInEventLoop()
        guard let session else { return .failed(lastFailure()) }
        let code = libssh2_session_handshake(session, Self.noSocket)
        isShakingHands = code == LIBSSH2_ERROR_EAGAIN
        return progress(code)
    }

    /// The last line that the server sent before the key exchange; only one that starts with `SSH-` is its banner.
    var firstLine: String? {
        guard let session, let text = libssh2_session_banner_get(session) else { return nil }
        return String(cString: text)
    }

    /// The server's key; nil before the handshake is done.
    var hostKey: HostKey? {
        guard let session else { return nil }
        var length = 0
        var kind: Int32 = 0
        guard let key = libssh2_session_hostkey(session, &length, &kind), length > 0,
            let hash = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256)
        else { return nil }
        return HostKey(
            blob: Array(UnsafeRawBufferPointer(start: key, count: length)),
            sha256: Array(UnsafeRawBufferPointer(start: hash, count: 32)))
    }

    /// Offers one key from a file. `.done(false)` means that the server does not take it.
    ///
    /// Deriving the key of a passphrase takes a while: see `isSlow`. Such a call may run on another thread, as long as
    /// nobody else touches the engine meanwhile.
    func logIn(user: String, with key: PrivateKey) -> Progress<Bool> {
        if !key.isSlow { eventLoop.preconditionInEventLoop() }
        guard let session else { return .failed(lastFailure()) }
        return answer(
            key.lend { material in
                libssh2_userauth_publickey_frommemory(
                    session, user, user.utf8.count, material.publicText, material.publicText.map(strlen) ?? 0,
                    material.text, strlen(material.text), material.passphrase)
            })
    }

    /// What the server said to a key.
    func answer(_ code: Int32) -> Progress<Bool> {
        switch progress(code) {
        case .done: return .done(true)
        case .again: return .again
        case .failed(let failure):
            return failure.isLoginDenied && isConnected ? .done(false) : .failed(failure)
        }
    }
}
