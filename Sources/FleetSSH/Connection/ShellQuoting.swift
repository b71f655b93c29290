/// Text for a POSIX shell.
public enum ShellQuoting {
    /// One word that the shell takes as it is, whatever is in it. A zero byte cannot be quoted and ends the word.
    public static func quote(_ text: String) -> String {
        let text = text.prefix { $0 != "\0" }
        return "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
