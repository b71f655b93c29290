import FleetSSH

/// Words for a POSIX shell, or fish.
enum Shell {
    /// A word that the shell reads as exactly this text.
    static func quote(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "="), UInt8(ascii: ","):
                true
            default: false
            }
        }
        return isPlain && !text.isEmpty ? text : ShellQuoting.quote(text)
    }

    /// A path that the shell reads as exactly this; a leading `~/` is the home directory of whoever runs the shell.
    static func quotePath(_ path: String) -> String {
        path.hasPrefix("~/") ? "\"$HOME\"/" + quote(String(path.dropFirst(2))) : quote(path)
    }
}
