/// Text for a POSIX shell, and for fish, whatever the user's login shell is.
public enum ShellQuoting {
    /// One word that the shell takes as it is, whatever is in it. A zero byte cannot be quoted and ends the word.
    ///
    /// Between single quotes fish, unlike POSIX, gives a meaning to backslashes: they stand between double quotes.
    public static func quote(_ text: String) -> String {
        var quoted = "'"
        for character in text.prefix(while: { $0 != "\0" }) {
            switch character {
            case "'": quoted += "'\\''"
            case "\\": quoted += "'\"\\\\\"'"
            default: quoted.append(character)
            }
        }
        return quoted + "'"
    }
}
