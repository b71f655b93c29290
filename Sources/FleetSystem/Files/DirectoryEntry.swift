#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads what `readdir` returns.
enum DirectoryEntry {
    /// The name of an entry.
    static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        // The name is read in place: the imported tuple may be longer than the record that the C library returned.
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        return String(cString: start)
    }
}
