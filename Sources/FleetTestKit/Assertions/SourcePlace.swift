/// A line of a source file, with the file's path below the package.
public struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    /// The path, from `Sources` or `Tests` on, so that it opens in every checkout.
    public let file: String
    /// The line, from 1.
    public let line: Int

    /// Wraps what `#filePath` and `#line` say.
    ///
    /// `#fileID` would leave out the folders between module and file, so the path is cut here instead.
    public init(filePath: String, line: Int) {
        let parts = filePath.split(separator: "/")
        let start = parts.lastIndex { $0 == "Sources" || $0 == "Tests" } ?? max(parts.count - 2, 0)
        self.file = parts[start...].joined(separator: "/")
        self.line = line
    }

    /// File and line as compilers write them.
    public var description: String { "\(file):\(line)" }
}
