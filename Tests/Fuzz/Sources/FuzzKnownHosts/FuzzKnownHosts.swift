#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// libFuzzer's entry: any bytes as such a file. A trap, or a problem that `FileCheck` finds, is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKnownHosts(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    if let problem = FileCheck.problem(withKnownHosts: Array(UnsafeBufferPointer(start: start, count: count))) {
        // An optimised build traps without a word.
        let words = Array("\(problem)\n".utf8)
        _ = write(STDERR_FILENO, words, words.count)
        preconditionFailure(problem)
    }
    return 0
}
