/// The one rule for paths that come from elsewhere and become files here.
public enum RelativePath {
    /// Whether a path stays below the directory that it is relative to.
    ///
    /// It has at most 1,024 bytes, `/` between components, no empty component, no `.`, no `..`, and no control
    /// character. Links are another matter: whoever opens the path must not follow one.
    public static func isSafe(_ path: String) -> Bool {
        guard (1...1024).contains(path.utf8.count), path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return false
        }
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        return components.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
    }
}
