internal import CSSH2

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The once-per-process part of libssh2.
enum SSHLibrary {
    /// Initialises the library before the first session; a write to a closed socket must not end the program.
    static let isReady: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return libssh2_init(0) == 0
    }()

    /// True when RSA keys can be used: with SHA-2 signatures, the only ones that current servers take.
    static var signsRSA: Bool { fleet_library_signs_rsa_sha2() != 0 }

    /// The version that is loaded.
    static var version: String { libssh2_version(0).map { String(cString: $0) } ?? "of an unknown version" }
}
