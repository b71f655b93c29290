import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes a little text to a pipe and closes it.
enum PipeWriter {
    /// Writes all and closes, whatever happens. The text must fit the pipe's buffer (64 KiB).
    static func write(_ text: String, to descriptor: Int32) throws {
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return }
        #if canImport(Glibc)
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        #else
            let count = bytes.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
        #endif
        guard count == bytes.count else { throw SystemCallError(call: "write", subject: "the agent's standard input") }
    }
}
