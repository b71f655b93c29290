#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A key file as it lies on the disk: read, looked at, not yet opened.
struct KeyFile: Sendable {
    let path: String
    let bytes: [UInt8]
    let finding: KeyText.Finding
    /// The public half: from the file itself, or from the `.pub` file beside it.
    let publicBlob: [UInt8]?

    /// The kind of key, as far as that can be seen.
    var kind: String? { publicBlob.flatMap(WireReader.firstString) ?? finding.kind }

    /// Why a file cannot be used; fits into an `SSHError`.
    struct Fault: Error, Hashable, Sendable {
        let message: String
        let advice: String
        /// True when there is no such file, which is nothing to speak of unless the user named it.
        var isAbsence = false
    }

    /// Reads a key file. Blocks on the file system. A private file that is missing is no fault when its public half
    /// is there: an ssh-agent may hold the rest.
    static func read(_ file: String) throws(Fault) -> KeyFile {
        let path = HomeDirectory.expand(file)
        func fault(_ message: String, _ advice: String) -> Fault {
            Fault(message: "the key \(path) \(message)", advice: advice.replacing("PATH", with: path))
        }
        do {
            let beside = try publicHalf(path + ".pub")
            guard let bytes = try LocalFile.contents(of: path, limit: 64 * 1024) else {
                guard let beside else {
                    var absence = fault(
                        "does not exist", "Make one with `ssh-keygen -t ed25519 -f PATH`, or name another one.")
                    absence.isAbsence = true
                    throw absence
                }
                return KeyFile(
                    path: path, bytes: [],
                    finding: KeyText.Finding(form: .publicHalf, kind: nil, publicBlob: beside), publicBlob: beside)
            }
            let finding = KeyText(bytes).finding()
            if finding.form != .publicHalf {
                let mode = try LocalFile.mode(of: path)
                if mode & 0o077 != 0 {
                    throw fault("can be read by others (mode \(String(mode, radix: 8)))", "Run `chmod 600 PATH`.")
                }
            }
            if case .unusable(let message, let advice) = finding.form { throw fault(message, advice) }
            return KeyFile(path: path, bytes: bytes, finding: finding, publicBlob: finding.publicBlob ?? beside)
        } catch let error as FileFailure {
            throw fault("cannot be read: \(error.description)", "Make it readable, or name another one.")
        } catch let error as Fault {
            throw error
        } catch {
            throw fault("cannot be read: \(error)", "Make it readable, or name another one.")
        }
    }

    /// Nil when there is no such file, or nothing of use in it: it only helps.
    private static func publicHalf(_ path: String) throws -> [UInt8]? {
        guard let bytes = try? LocalFile.contents(of: path, limit: 64 * 1024) else { return nil }
        let finding = KeyText(bytes).finding()
        return finding.form == .publicHalf ? finding.publicBlob : nil
    }

    /// What to say of a key with a passphrase that nobody gave.
    var locked: Fault {
        Fault(
            message: "the key \(path) has a passphrase, no ssh-agent holds it, and nobody typed it",
            advice: "Give it to an ssh-agent (`ssh-add \(path)`) and run again with SSH_AUTH_SOCK set; or use a key of "
                + "its own without one, restricted in authorized_keys.")
    }

    /// What to say of a public half without the private one.
    var halfOnly: Fault {
        Fault(
            message: "the key \(path) is the public half, and no ssh-agent holds the private one",
            advice: "Name the file without .pub, or run `ssh-add` for it.")
    }
}
