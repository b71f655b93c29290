import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Asks a server for a zone's SOA over UDP (RFC 1035) and judges the answer's head.
enum DNSQuery {
    /// Nil when the server has authority for the zone; else what came instead.
    static func problem(address: String, port: Int, zone: String, within limit: Duration) async -> String? {
        #if canImport(Glibc)
            let type = Int32(SOCK_DGRAM.rawValue)
        #else
            let type = SOCK_DGRAM
        #endif
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return "\(SystemCallError(call: "socket", subject: "UDP"))" }
        defer { close(descriptor) }
        var server = SocketAddress.ipv4(address, port: port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Connected, so that a refusal is told and an answer from elsewhere is not taken.
        guard withSocketAddress(&server, { connect(descriptor, $0, length) }) == 0 else {
            return "\(SystemCallError(call: "connect", subject: "\(address):\(port)"))"
        }
        let identifier = UInt16.random(in: 0...UInt16.max)
        let question = query(identifier: identifier, zone: zone)
        guard send(descriptor, question, question.count, 0) == question.count else {
            return "\(SystemCallError(call: "send", subject: "\(address):\(port)"))"
        }
        var outcome: String? = "no answer within \(limit)"
        _ = await Waiting.until(within: limit, every: .milliseconds(2)) {
            var buffer = [UInt8](repeating: 0, count: 1500)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { return false }
                outcome = SystemCallError.text(of: errno)
                return true
            }
            outcome = judge(buffer[..<count], identifier: identifier)
            return true
        }
        return outcome
    }

    /// The wire form of the question.
    static func query(identifier: UInt16, zone: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(identifier >> 8), UInt8(identifier & 0xff), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in zone.split(separator: ".") {
            bytes.append(UInt8(clamping: label.utf8.count))
            bytes += label.utf8
        }
        // The root, type SOA, class IN.
        return bytes + [0, 0, 6, 0, 1]
    }

    /// Nil for an answer with authority and at least one record; else what is wrong with it.
    static func judge(_ bytes: ArraySlice<UInt8>, identifier: UInt16) -> String? {
        let bytes = Array(bytes)
        guard bytes.count >= 12, bytes[0] == UInt8(identifier >> 8), bytes[1] == UInt8(identifier & 0xff),
            bytes[2] & 0x80 != 0
        else { return "an answer to another question" }
        let code = bytes[3] & 0x0f
        guard code == 0 else { return "response code \(code)" }
        guard bytes[2] & 0x04 != 0 else { return "an answer without authority" }
        return bytes[6] == 0 && bytes[7] == 0 ? "an empty answer" : nil
    }
}
