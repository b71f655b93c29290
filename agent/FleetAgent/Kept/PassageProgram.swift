import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `agent environment-passage`: one way into an environment, between its standard streams and a service inside.
enum PassageProgram {
    /// Relays until both sides have ended; without a target it only waits for the end of its input.
    static func main(host: String?, port: Int?) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        guard let host, let port else {
            var byte: UInt8 = 0
            while read(0, &byte, 1) > 0 {}
            return 0
        }
        guard let service = LoopbackSocket.reach(host, port: port) else { return 1 }
        relay(service)
        return 0
    }

    /// Copies both ways; the end of one direction is handed on, the end of both ends all.
    private static func relay(_ service: Int32) {
        var ways = [(from: Int32(0), to: service, isOpen: true), (from: service, to: Int32(1), isOpen: true)]
        while ways.contains(where: \.isOpen) {
            var polled = ways.map { pollfd(fd: $0.isOpen ? $0.from : -1, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            for index in ways.indices where ways[index].isOpen && polled[index].revents != 0 {
                guard !copy(from: ways[index].from, to: ways[index].to) else { continue }
                ways[index].isOpen = false
                shutdown(ways[index].to, Int32(SHUT_WR))
                // A client that has gone wants no answer any more.
                if polled[index].revents & Int16(POLLERR) != 0 { return }
            }
        }
    }

    private static func copy(from source: Int32, to target: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(source, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return true }
        guard count > 0 else { return false }
        var written = 0
        while written < count {
            let more = buffer[written..<count].withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return false }
            written += more
        }
        return true
    }
}

/// Sockets of IPv4, blocking, for programs that have no event loop.
enum LoopbackSocket {
    /// Listens on a free port of 127.0.0.1.
    static func open() -> (descriptor: Int32, port: Int)? {
        let descriptor = make()
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withAddress(&address) { pointer in
            bind(descriptor, pointer, size) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, pointer, &size) == 0
        }
        guard isListening else {
            close(descriptor)
            return nil
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// The next connection; nil when none comes within so many milliseconds.
    static func next(of listener: Int32, within milliseconds: Int32) -> Int32? {
        var poller = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, milliseconds) > 0 else { return nil }
        let connection = accept(listener, nil, nil)
        return connection >= 0 ? connection : nil
    }

    /// Connects to a numeric address.
    static func reach(_ host: String, port: Int) -> Int32? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        let descriptor = make()
        guard descriptor >= 0 else { return nil }
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withAddress(&address, { connect(descriptor, $0, size) == 0 }) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func make() -> Int32 {
        #if canImport(Glibc)
            socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #else
            socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func withAddress<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
