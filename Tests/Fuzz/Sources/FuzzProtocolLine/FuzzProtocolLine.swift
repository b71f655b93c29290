/// libFuzzer's entry: any bytes as what a peer sent. A trap, or a problem that `LineCheck` finds, is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProtocolLine(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    if let problem = LineCheck.problem(with: Array(UnsafeBufferPointer(start: start, count: count))) {
        preconditionFailure(problem)
    }
    return 0
}
