import PlatformService

/// Why a command did not do what it was asked to do, and the exit status that says so.
struct CommandFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Exit statuses, from sysexits.h where that has one.
    enum Status: Int32, Sendable {
        /// It was tried and went wrong.
        case failed = 1
        /// What was sent, or a file, is wrong.
        case invalid = 65
        /// There is no such thing.
        case notFound = 66
        /// Nobody is logged in, or no more.
        case notLoggedIn = 67
        /// A service does not answer.
        case unavailable = 69
        /// The thing is not in a state that allows it.
        case conflict = 73
        /// Too many requests; later it may work.
        case tooManyRequests = 75
        /// Whoever is logged in may not do this.
        case forbidden = 77
        /// The configuration is wrong.
        case configuration = 78
    }

    let status: Status
    /// What was tried, what happened and what to do.
    let description: String

    init(_ status: Status, _ description: String) {
        self.status = status
        self.description = description
    }

    /// The failure that an error of the platform's own code is.
    init(_ error: PlatformError) {
        let status: Status =
            switch error.kind {
            case .invalid: .invalid
            case .unauthorised: .notLoggedIn
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .conflict: .conflict
            case .tooManyRequests: .tooManyRequests
            case .failed: .failed
            case .unavailable: .unavailable
            }
        self.init(status, error.message)
    }

    /// The failure that an answer of a service is.
    init(httpStatus: Int, message: String, request: String) {
        let (status, advice): (Status, String) =
            switch httpStatus {
            case 400, 422: (.invalid, "")
            case 401: (.notLoggedIn, "; log in with: provisioning login")
            case 403: (.forbidden, "; whoever is logged in may not do this (403)")
            case 404: (.notFound, "")
            case 409: (.conflict, "")
            case 429: (.tooManyRequests, "; try again later")
            case 503: (.unavailable, "")
            default: (.failed, "")
            }
        self.init(status, "\(request): \(httpStatus): \(message)\(advice)")
    }
}
