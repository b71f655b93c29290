#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Programs that were built together with the tests.
public enum BuiltProgram {
    /// The path of a program beside the test bundle; nil when it was not built.
    public static func find(_ name: String) -> String? {
        guard let executable = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(executable) }
        // The test bundle is loaded by a runner of the toolchain, so the arguments say where it lies.
        for candidate in [String(cString: executable)] + CommandLine.arguments {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let path = "\(candidate[..<slash])/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        return nil
    }
}
