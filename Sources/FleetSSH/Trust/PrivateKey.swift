#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A private key from a file, ready to be used. Neither its text nor its passphrase reaches a description or a log.
final class PrivateKey: Sendable, CustomStringConvertible {
    /// What libssh2 is lent: C strings that live as long as the call.
    struct Material {
        let text: UnsafePointer<CChar>
        /// Never a null pointer: without a passphrase OpenSSL would ask for one on the terminal.
        let passphrase: UnsafePointer<CChar>
        /// The public half in one line; nil when libssh2 must work it out.
        let publicText: UnsafePointer<CChar>?
    }

    let path: String
    /// True when using it means deriving a key from its passphrase, which takes a tenth of a second and more.
    let isSlow: Bool
    private let text: [CChar]
    private let passphrase: [CChar]
    private let publicText: [CChar]?

    init(_ file: KeyFile, passphrase: String = "") {
        path = file.path
        isSlow = file.finding.form == .encrypted
        text = file.bytes.map { CChar(bitPattern: $0) } + [0]
        self.passphrase = Array(passphrase.utf8CString)
        publicText = file.publicBlob.flatMap { blob in
            WireReader.firstString(of: blob).map { Array("\($0) \(Data(blob).base64EncodedString())".utf8CString) }
        }
    }

    var description: String { path }

    /// Lends the key to libssh2.
    func lend<Result>(_ body: (Material) -> Result) -> Result {
        Self.lend(text) { text in
            Self.lend(passphrase) { passphrase in
                guard let publicText else {
                    return body(Material(text: text, passphrase: passphrase, publicText: nil))
                }
                return Self.lend(publicText) {
                    body(Material(text: text, passphrase: passphrase, publicText: $0))
                }
            }
        }
    }

    private static func lend<Result>(_ text: [CChar], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        text.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a C string ends with a zero byte") }
            return body(start)
        }
    }
}
