#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A numeric address with a port; names are never resolved here, that is what is under test.
struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// Whether it is an IPv6 address.
    let isIPv6: Bool
    /// The 4 or 16 bytes of the address.
    let bytes: [UInt8]
    /// The port.
    let port: UInt16

    /// Reads an address such as `127.0.0.1` or `::1`; nil when it is not numeric or the port is out of range.
    init?(_ text: String, port: Int) {
        guard let port = UInt16(exactly: port) else { return nil }
        self.port = port
        if let bytes = Self.parse(text, family: AF_INET, count: 4) {
            self.bytes = bytes
            self.isIPv6 = false
        } else if let bytes = Self.parse(text, family: AF_INET6, count: 16) {
            self.bytes = bytes
            self.isIPv6 = true
        } else {
            return nil
        }
    }

    /// The address family for `socket`.
    var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

    /// Address and port as people write them.
    var description: String {
        isIPv6 ? "[\(Self.text(ipv6: bytes))]:\(port)" : "\(bytes.map(String.init).joined(separator: ".")):\(port)"
    }

    /// Lends the address in the form of the system calls.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length = withUnsafeMutableBytes(of: &storage) { raw -> Int in
            if isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
                return withUnsafeBytes(of: &address) { bytes in
                    raw.copyMemory(from: bytes)
                    return bytes.count
                }
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
            return withUnsafeBytes(of: &address) { bytes in
                raw.copyMemory(from: bytes)
                return bytes.count
            }
        }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// The usual notation of 16 bytes.
    static func text(ipv6 bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func parse(_ text: String, family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
