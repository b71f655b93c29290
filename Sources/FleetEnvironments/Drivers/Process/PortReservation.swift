import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP and UDP port on 127.0.0.1 that was free a moment ago, and that no other environment of ours will take.
///
/// A service must bind the port itself, so it cannot be held by a socket of its own kind. On Linux an abstract unix
/// socket that is named after the port is held instead: the kernel lets go of it when we end, and like ports it
/// belongs to the network namespace. Programs that are not ours may still take the port: then another one is tried.
final class PortReservation: Sendable {
    let port: Int
    private let descriptor: Int32

    private init(port: Int, descriptor: Int32) {
        self.port = port
        self.descriptor = descriptor
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Reserves a free port; nil when none is found.
    static func make() -> PortReservation? {
        for _ in 0..<100 {
            guard let port = freePort() else { return nil }
            if let reservation = make(port: port) { return reservation }
        }
        return nil
    }

    /// Reserves a certain port; nil when another environment has it.
    static func make(port: Int) -> PortReservation? {
        #if os(Linux)
            let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { return nil }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // The first byte stays 0: the name is abstract, no file comes to be.
            let name = Array("provisioning-fleet-port-\(port)".utf8)
            withUnsafeMutableBytes(of: &address.sun_path) { path in
                for (index, byte) in name.enumerated() { path[index + 1] = byte }
            }
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            let length = socklen_t(offset + 1 + name.count)
            guard withSocketAddress(&address, { bind(descriptor, $0, length) }) == 0 else {
                close(descriptor)
                return nil
            }
            return PortReservation(port: port, descriptor: descriptor)
        #else
            return PortReservation(port: port, descriptor: -1)
        #endif
    }

    /// Whether nobody listens on the port, TCP and UDP.
    static func isFree(_ port: Int) -> Bool {
        bound(port: port, type: streamType) == port && bound(port: port, type: datagramType) == port
    }

    private static func freePort() -> Int? {
        for _ in 0..<100 {
            guard let port = bound(port: 0, type: streamType) else { return nil }
            if bound(port: port, type: datagramType) == port { return port }
        }
        return nil
    }

    // Binds and lets go; returns the port that it was.
    private static func bound(port: Int, type: Int32) -> Int? {
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        if type == streamType {
            // Connections that wait for their last packets to die do not hold a port.
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = SocketAddress.ipv4("127.0.0.1", port: port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withSocketAddress(&address, { bind(descriptor, $0, length) }) == 0 else { return nil }
        if type == streamType, listen(descriptor, 1) != 0 { return nil }
        var size = length
        guard withSocketAddress(&address, { getsockname(descriptor, $0, &size) }) == 0 else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    #if canImport(Glibc)
        private static let streamType = Int32(SOCK_STREAM.rawValue)
        private static let datagramType = Int32(SOCK_DGRAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
        private static let datagramType = SOCK_DGRAM
    #endif
}

/// Makes addresses for the system's socket calls.
enum SocketAddress {
    /// An IPv4 address; one that is not well-formed becomes 0.0.0.0.
    static func ipv4(_ text: String, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return address
    }
}

/// Lends an address of any family to a socket call.
func withSocketAddress<Address, Result>(
    _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
) -> Result {
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
}
