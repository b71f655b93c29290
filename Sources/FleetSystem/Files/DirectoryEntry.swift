#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads what `readdir` returns.
enum DirectoryEntry {
    /// The name of an entry; bytes that are not UTF-8 are replaced, so that it may name nothing.
    static func name(of entry: UnsafeMutablePointer<dirent>) -> String { String(cString: start(of: entry)) }

    /// The name of an entry as it is, with the 0 at its end.
    static func bytes(of entry: UnsafeMutablePointer<dirent>) -> [CChar] {
        let start = start(of: entry)
        return Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
    }

    // The name is read in place: the imported tuple may be longer than the record that the C library returned.
    private static func start(of entry: UnsafeMutablePointer<dirent>) -> UnsafePointer<CChar> {
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        return UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
    }
}
