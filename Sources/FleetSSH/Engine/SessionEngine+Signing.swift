internal import CSSH2
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A signature that libssh2 wants and somebody else makes.
///
/// libssh2 asks for it in the middle of a call. The callback notes what is to be signed and answers "again", which the
/// call passes on; libssh2 keeps the state of the login and asks once more, for the same bytes, when the call is
/// repeated. The server sees one attempt.
final class SignatureOrder {
    enum State {
        case notAsked
        case wanted(data: [UInt8])
        case made([UInt8])
        case impossible
    }

    /// The public key, as SSH sends it.
    let blob: [UInt8]
    var state = State.notAsked

    init(blob: [UInt8]) { self.blob = blob }
}

@available(*, unavailable)
extension SignatureOrder: Sendable {}

extension SessionEngine {
    /// Offers a key whose signature is ordered when the server wants one. `.done(false)` means that the server does
    /// not take the key; "again" with the order in state `wanted`, that the signature is awaited.
    func logIn(user: String, with order: SignatureOrder) -> Progress<Bool> {
        eventLoop.preconditionInEventLoop()
        guard let session else { return .failed(lastFailure()) }
        // Lives to the end of the call, and libssh2 does not keep it.
        var abstract: UnsafeMutableRawPointer? = Unmanaged.passUnretained(order).toOpaque()
        let code = libssh2_userauth_publickey(session, user, order.blob, order.blob.count, signCallback, &abstract)
        return answer(code)
    }
}

private let signCallback:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, UnsafeMutablePointer<Int>?,
        UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32 = { _, signature, length, data, dataLength, abstract in
        guard let signature, let length, let data, let pointer = abstract?.pointee else { return -1 }
        let order = Unmanaged<SignatureOrder>.fromOpaque(pointer).takeUnretainedValue()
        switch order.state {
        case .notAsked:
            order.state = .wanted(data: Array(UnsafeBufferPointer(start: data, count: dataLength)))
            return LIBSSH2_ERROR_EAGAIN
        case .wanted: return LIBSSH2_ERROR_EAGAIN
        case .impossible: return LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
        case .made(let bytes):
            // libssh2 frees it with its own allocator, which is malloc's: `fleet_session_new` names no other.
            guard let copy = malloc(bytes.count)?.assumingMemoryBound(to: UInt8.self) else {
                return LIBSSH2_ERROR_ALLOC
            }
            copy.initialize(from: bytes, count: bytes.count)
            signature.pointee = copy
            length.pointee = bytes.count
            return 0
        }
    }
