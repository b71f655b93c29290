/// What runs on the host while a file is sent: it takes the file on standard input, checks it and puts it in place.
struct UploadScript {
    /// How the script says what went wrong; anything else comes from a program in it.
    enum Status: Int {
        case cannotWrite = 90
        case checksumMismatch = 91
        case noChecksumProgram = 92
        case cannotReplace = 93
    }

    let path: String
    let sha256: String
    let mode: Int
    /// Makes the temporary name unique.
    let token: String

    /// The command line. The script runs in /bin/sh, whatever the user's login shell is.
    var command: String {
        let temporary = "\(path).part-\(token)"
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
        let makeDirectory =
            directory.map { "mkdir -p -- \(ShellQuoting.quote($0)) || exit \(Status.cannotWrite.rawValue)\n" } ?? ""
        let script = """
            umask 077
            t=\(Self.argument(temporary))
            p=\(Self.argument(path))
            trap 'rm -f -- "$t"' EXIT
            trap 'exit 129' HUP INT TERM PIPE
            [ ! -d "$p" ] || { echo "$p is a directory" >&2; exit \(Status.cannotWrite.rawValue); }
            \(makeDirectory)cat > "$t" || exit \(Status.cannotWrite.rawValue)
            if command -v sha256sum >/dev/null 2>&1; then s=$(sha256sum < "$t")
            elif command -v shasum >/dev/null 2>&1; then s=$(shasum -a 256 < "$t")
            else exit \(Status.noChecksumProgram.rawValue); fi
            s=${s%% *}
            if [ "$s" != \(ShellQuoting.quote(sha256.lowercased())) ]; then
                echo "$s"
                exit \(Status.checksumMismatch.rawValue)
            fi
            chmod \(String(mode, radix: 8)) "$t" && mv -f -- "$t" "$p" || exit \(Status.cannotReplace.rawValue)
            echo \(ShellQuoting.quote(receipt))
            """
        return "exec /bin/sh -c \(ShellQuoting.quote(script))"
    }

    /// Its last line when the file is in place; without it something else ran.
    var receipt: String { "stored \(token)" }

    /// A path that begins with `-` must not be taken for an option.
    private static func argument(_ path: String) -> String {
        ShellQuoting.quote(path.hasPrefix("-") ? "./" + path : path)
    }
}
