internal import CSSH2

/// What libssh2 answered, with its own words taken at the failing call.
struct LibraryFailure: Error, Hashable, CustomStringConvertible {
    let code: Int32
    let text: String

    var description: String { text.isEmpty ? "libssh2 error \(code)" : "\(text) (libssh2 \(code))" }

    /// True when the failure belongs to one channel and the session lives on.
    var concernsChannelOnly: Bool {
        switch code {
        case LIBSSH2_ERROR_CHANNEL_FAILURE, LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED, LIBSSH2_ERROR_CHANNEL_UNKNOWN,
            LIBSSH2_ERROR_CHANNEL_WINDOW_EXCEEDED, LIBSSH2_ERROR_CHANNEL_PACKET_EXCEEDED,
            LIBSSH2_ERROR_CHANNEL_CLOSED, LIBSSH2_ERROR_CHANNEL_EOF_SENT, LIBSSH2_ERROR_CHANNEL_OUTOFORDER:
            true
        default: false
        }
    }

    /// True when the server did not accept the key. libssh2 says the same when the connection ends while it waits,
    /// so ask the engine first whether there still is one.
    var isLoginDenied: Bool {
        code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
    }

    /// True when the server would take the channel at another time; libssh2 tells it by words alone.
    var meansNoRoom: Bool {
        code == LIBSSH2_ERROR_CHANNEL_FAILURE
            && (text.contains("connect failed") || text.contains("resource shortage"))
    }

    var isUnusableKey: Bool { code == LIBSSH2_ERROR_FILE || code == LIBSSH2_ERROR_METHOD_NONE }
}

/// How far a call came. "Again" keeps its progress inside libssh2: the same call must be repeated.
enum Progress<Value> {
    case done(Value)
    case again
    case failed(LibraryFailure)
}

extension Progress: Sendable where Value: Sendable {}
