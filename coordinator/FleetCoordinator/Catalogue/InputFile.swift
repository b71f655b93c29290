#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a text file that a person named, within bounds, with every way that it can fail told apart.
enum InputFile {
    /// The largest file that is read, in bytes.
    static let maximumSize = 16 << 20

    /// The text of a file; a byte order mark is dropped.
    ///
    /// A pipe is read to its end, so that the shell's `<(…)` works.
    ///
    /// - Parameters:
    ///   - path: Absolute, or relative to the working directory.
    ///   - what: What the file should be, such as `a list of hosts`, for the advice.
    static func read(_ path: String, expecting what: String) throws(InputErrors) -> String {
        func fail(_ message: String, _ advice: String) -> InputErrors {
            InputErrors([InputError(file: path.isEmpty ? "(no name)" : path, message: message, advice: advice)])
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw fail("there is no such file", "name \(what)")
            case EACCES, EPERM: throw fail("the file cannot be read: permission denied", "make it readable for you")
            case let code: throw fail("the file cannot be opened: \(reason(code))", "name \(what)")
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw fail("this is a folder, not a file", "name \(what)")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= maximumSize {
            let count = systemRead(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fail("the file cannot be read: \(reason(errno))", "check the disk") }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard bytes.count <= maximumSize else {
            throw fail("the file has more than \(maximumSize >> 20) MiB", "name \(what)")
        }
        return try text(bytes, path, what)
    }

    /// Decodes UTF-8, or says where the first byte is that is not text.
    private static func text(_ bytes: [UInt8], _ path: String, _ what: String) throws(InputErrors) -> String {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
        if !content.contains(0), let text = String(validating: content, as: UTF8.self) { return text }
        let decoded = String(decoding: content, as: UTF8.self)
        let position = decoded.unicodeScalars.firstIndex { $0 == "\u{0}" || $0 == "\u{FFFD}" } ?? decoded.startIndex
        let line = decoded.unicodeScalars[..<position].count { $0 == "\n" } + 1
        throw InputErrors([
            InputError(file: path, line: line, message: "the file is not text in UTF-8", advice: "name \(what)")
        ])
    }

    /// The system's words for an error number.
    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// `read` of the C library: inside `InputFile` the name means something else.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
