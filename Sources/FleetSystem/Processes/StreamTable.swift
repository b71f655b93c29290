#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The descriptors of one spawn: which of ours the child gets, and which belong to whom afterwards.
struct StreamTable {
    /// Our ends of pipes.
    struct Ours: Sendable {
        var input: Int32?
        var output: Int32?
        var error: Int32?
    }

    private(set) var table: [Int32: Int32] = [:]
    private(set) var ours = Ours()
    private var childEnds: [Int32] = []

    mutating func open(_ specification: ProcessSpecification) throws(SystemCallError) {
        table = specification.extraDescriptors
        table[0] = try openInput(specification.standardInput)
        let (output, outputEnd) = try openOutput(specification.standardOutput, number: 1)
        table[1] = output
        ours.output = outputEnd
        if case .output = specification.standardError {
            table[2] = output
        } else {
            let (error, errorEnd) = try openOutput(specification.standardError, number: 2)
            table[2] = error
            ours.error = errorEnd
        }
    }

    private mutating func openInput(_ stream: StandardStream) throws(SystemCallError) -> Int32 {
        switch stream {
        case .null, .output: return try keep(Descriptor.open("/dev/null", O_RDONLY))
        case .inherit: return 0
        case .descriptor(let descriptor): return descriptor
        case .file(let path): return try keep(Descriptor.open(path, O_RDONLY))
        case .pipe:
            let (read, write) = try Descriptor.pipe()
            ours.input = write
            return keep(read)
        }
    }

    private mutating func openOutput(
        _ stream: StandardStream, number: Int32
    ) throws(SystemCallError) -> (child: Int32, ours: Int32?) {
        switch stream {
        case .null, .output: return (try keep(Descriptor.open("/dev/null", O_WRONLY)), nil)
        case .inherit: return (number, nil)
        case .descriptor(let descriptor): return (descriptor, nil)
        case .file(let path):
            let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW
            return (try keep(Descriptor.open(path, flags, mode: 0o600)), nil)
        case .pipe:
            let (read, write) = try Descriptor.pipe()
            return (keep(write), read)
        }
    }

    private mutating func keep(_ descriptor: Int32) -> Int32 {
        childEnds.append(descriptor)
        return descriptor
    }

    mutating func closeChildEnds() {
        for descriptor in childEnds { close(descriptor) }
        childEnds = []
    }

    mutating func closeOurEnds() {
        for descriptor in [ours.input, ours.output, ours.error] {
            if let descriptor { close(descriptor) }
        }
        ours = Ours()
    }
}
