import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Opens connections to ports of this machine.
enum TCPProbe {
    /// Nil when the port takes a connection; else what came instead.
    static func problem(address: String, port: Int) -> String? {
        switch connected(to: address, port: port) {
        case .success(let descriptor):
            close(descriptor)
            return nil
        case .failure(let error): return "\(error)"
        }
    }

    /// A connection, which belongs to the caller.
    static func connected(to address: String, port: Int) -> Result<Int32, SystemCallError> {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return .failure(SystemCallError(call: "socket", subject: "TCP")) }
        // Bounds the connection, too, which on our own machine is made or refused at once.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var server = SocketAddress.ipv4(address, port: port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withSocketAddress(&server, { connect(descriptor, $0, length) }) == 0 else {
            let error = SystemCallError(call: "connect", subject: "\(address):\(port)")
            close(descriptor)
            return .failure(error)
        }
        return .success(descriptor)
    }
}
