import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A listener on a free port of the loopback address, without any library in between.
final class LoopbackListener: Sendable {
    struct Failed: Error { var call: String }

    let port: Int
    private let descriptor: Int32

    init() throws {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw Failed(call: "bind") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    /// The next connection, which is there already or comes at once.
    func accept() throws -> Peer {
        let connection = systemAccept(descriptor)
        guard connection >= 0 else { throw Failed(call: "accept") }
        return Peer(connection)
    }

    /// The other end of a connection.
    final class Peer: Sendable {
        private let descriptor: Int32

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }

        deinit { close(descriptor) }

        /// Sends as much as the system takes at once, at most so much; how much that was.
        func send(atMost limit: Int) -> Int {
            let chunk = [UInt8](repeating: 7, count: 1 << 16)
            var sent = 0
            while sent < limit {
                let count = write(descriptor, chunk, min(chunk.count, limit - sent))
                guard count > 0 else { return sent }
                sent += count
            }
            return sent
        }

        /// What has arrived by now.
        func received() -> [UInt8] {
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor, &chunk, chunk.count)
            return count > 0 ? Array(chunk[..<count]) : []
        }

        func endWriting() {
            #if canImport(Glibc)
                shutdown(descriptor, Int32(SHUT_WR))
            #else
                shutdown(descriptor, SHUT_WR)
            #endif
        }
    }
}

/// `accept` of the C library: inside the listener the name means something else.
private func systemAccept(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
