/// A fuzzer with a planted fault: when it finds nothing, the fuzzers are blind and their silence means nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCanary(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    if count > 2, bytes[0] == UInt8(ascii: "B"), bytes[1] == UInt8(ascii: "U"), bytes[2] == UInt8(ascii: "G") {
        preconditionFailure("the planted fault")
    }
    return 0
}
