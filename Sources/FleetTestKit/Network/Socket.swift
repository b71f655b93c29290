import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A network operation that did not work: which, with whom, and why.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Reason: Hashable, Sendable {
        /// Nobody listens there.
        case refused
        /// No answer within the limit.
        case timedOut
        /// The other side closed the connection too early.
        case closed
        /// The address is not numeric, or the port out of range.
        case badAddress
        /// Any other error of the system, by number.
        case system(Int32)
    }

    /// What was tried, such as `connect to 127.0.0.1:5000`.
    public var operation: String
    /// What went wrong.
    public var reason: Reason

    /// One sentence.
    public var description: String {
        switch reason {
        case .refused: "\(operation): connection refused"
        case .timedOut: "\(operation): no answer in time"
        case .closed: "\(operation): the other side closed the connection"
        case .badAddress: "\(operation): not a numeric address with a port"
        case .system(let number): "\(operation): \(String(cString: strerror(number)))"
        }
    }
}

/// A TCP or UDP socket whose every operation has a deadline.
///
/// It blocks, so it is used inside `Socket.run`, which runs it off the cooperative threads.
final class Socket {
    /// Kinds of sockets.
    enum Kind { case stream, datagram }

    private let descriptor: Int32
    private let address: SocketAddress
    private let deadline: ContinuousClock.Instant

    /// Connects within the limit.
    ///
    /// - Parameter source: the own address to connect from; nil leaves it to the system.
    init(
        _ kind: Kind, to address: SocketAddress, from source: SocketAddress? = nil, limit: Duration
    ) throws(NetworkError) {
        self.address = address
        self.deadline = .now + limit
        #if canImport(Glibc)
            let number = Int32(kind == .stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
            self.descriptor = socket(address.family, number | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        #else
            self.descriptor = socket(address.family, kind == .stream ? SOCK_STREAM : SOCK_DGRAM, 0)
            if descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            }
        #endif
        guard descriptor >= 0 else {
            throw NetworkError(operation: "open a socket", reason: .system(errno))
        }
        if let source {
            let status = source.withSystemAddress { [descriptor] in bind(descriptor, $0, $1) }
            guard status == 0 else { throw Self.error("send from \(source)", errno) }
        }
        try connect()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func connect() throws(NetworkError) {
        let operation = "connect to \(address)"
        let status = address.withSystemAddress { [descriptor] pointer, length in
            #if canImport(Glibc)
                Glibc.connect(descriptor, pointer, length)
            #else
                Darwin.connect(descriptor, pointer, length)
            #endif
        }
        if status == 0 { return }
        guard errno == EINPROGRESS else { throw Self.error(operation, errno) }
        try wait(for: Int16(POLLOUT), operation)
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        guard number == 0 else { throw Self.error(operation, number) }
    }

    /// Sends all bytes.
    func send(_ bytes: [UInt8]) throws(NetworkError) {
        let operation = "send to \(address)"
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { [descriptor] in
                #if canImport(Glibc)
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                #else
                    Darwin.send(descriptor, $0.baseAddress, $0.count, 0)
                #endif
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN || errno == EINTR {
                try wait(for: Int16(POLLOUT), operation)
            } else {
                throw Self.error(operation, errno)
            }
        }
    }

    /// The next bytes, at most `limit` of them; empty at the end of the stream.
    func receive(atMost limit: Int) throws(NetworkError) -> [UInt8] {
        let operation = "wait for \(address)"
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = recv(descriptor, &buffer, limit, 0)
            if count >= 0 { return Array(buffer.prefix(count)) }
            guard errno == EAGAIN || errno == EINTR else { throw Self.error(operation, errno) }
            try wait(for: Int16(POLLIN), operation)
        }
    }

    /// Exactly so many bytes.
    func receive(exactly count: Int) throws(NetworkError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(atMost: count - bytes.count)
            guard !more.isEmpty else { throw NetworkError(operation: "read from \(address)", reason: .closed) }
            bytes += more
        }
        return bytes
    }

    private func wait(for events: Int16, _ operation: String) throws(NetworkError) {
        while true {
            let left = deadline - .now
            guard left > .zero else { throw NetworkError(operation: operation, reason: .timedOut) }
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let ready = poll(&entry, 1, Int32(min(left.seconds * 1000 + 1, 60_000)))
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else { throw Self.error(operation, errno) }
        }
    }

    private static func error(_ operation: String, _ number: Int32) -> NetworkError {
        switch number {
        case ECONNREFUSED: NetworkError(operation: operation, reason: .refused)
        case ETIMEDOUT: NetworkError(operation: operation, reason: .timedOut)
        case ECONNRESET, EPIPE: NetworkError(operation: operation, reason: .closed)
        default: NetworkError(operation: operation, reason: .system(number))
        }
    }

    /// Runs blocking work on a thread of its own; it is bounded by the deadlines of its sockets.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
