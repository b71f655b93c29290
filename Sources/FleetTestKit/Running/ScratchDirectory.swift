import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A private directory of one attempt that never becomes an artifact.
struct ScratchDirectory: Sendable {
    /// Where it is.
    let path: String

    /// Makes one beside the artifacts, so that it goes with the attempt's directory even when the process is killed.
    init(beside artifacts: String) throws(SystemCallError) {
        let parent = artifacts.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        var template = Array("\(parent)/test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SystemCallError(call: "mkdtemp", subject: "a directory beside \(artifacts)")
        }
        self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes it; what cannot be removed is logged, and goes with the attempt's directory.
    func remove(log: TestLog) {
        for leftover in DirectoryTree.remove(path) { log.note(.warning, "not removed", ["what": leftover]) }
    }
}
