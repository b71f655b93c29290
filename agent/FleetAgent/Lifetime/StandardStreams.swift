import FleetProtocol
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The few lines that our processes read and write before they have an event loop. Blocking, with time limits.
enum StandardStreams {
    /// Reads the run's token, 64 hexadecimal digits and LF; nil when there is none within ten seconds.
    static func readToken(from descriptor: Int32 = 0) -> RunToken? {
        readLine(from: descriptor, limit: 64, within: .seconds(10)).flatMap { RunToken(hexadecimal: $0) }
    }

    /// Reads one line byte by byte, so that nothing after it is taken away; nil when it is late, long or torn.
    static func readLine(from descriptor: Int32, limit: Int, within time: Duration) -> String? {
        let end = ContinuousClock.now + time
        var line: [UInt8] = []
        while true {
            let left = ContinuousClock.now.duration(to: end)
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, Int32(max(0, left.inSeconds * 1000)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(validating: line, as: UTF8.self) }
            guard line.count < limit else { return nil }
            line.append(byte)
        }
    }

    /// Writes a line; false when nobody can read it.
    @discardableResult
    static func write(line: String, to descriptor: Int32 = 1) -> Bool {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.write(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Writes a sentence for people to standard error.
    static func complain(_ text: String) { write(line: "agent: \(text)", to: 2) }

    /// Lets go of what the launcher gave us; whoever reads the other end sees the end.
    static func closeOutput() {
        let null = open("/dev/null", O_RDWR)
        guard null >= 0 else { return }
        dup2(null, 1)
        close(null)
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
