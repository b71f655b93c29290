internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// From a name to its addresses.
enum HostResolver {
    /// Threads of its own: name servers that do not answer hold them for long, and nothing else may wait for that.
    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        return threads
    }()

    /// The addresses of the target in the system's order; an address stands for itself and is not looked up. Returns in
    /// time and when cancelled; the system's look-up may go on for a while on its thread.
    static func resolve(_ target: SSHTarget, on eventLoop: any EventLoop) async throws(SSHError) -> [SocketAddress] {
        if let address = try? SocketAddress(ipAddress: target.host, port: target.port) { return [address] }
        let promise = eventLoop.makePromise(of: [SocketAddress].self)
        let limit = target.timeouts.resolve
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(SSHError.timedOut(.resolve, after: limit, target: target))
        }
        let lookup = threads.runIfActive(eventLoop: eventLoop) { try lookUp(target) }
        lookup.whenComplete { _ in timer.cancel() }
        lookup.cascade(to: promise)
        do { return try await promise.futureResult.cancellableValue() } catch {
            throw SSHError(wrapping: error, .resolve, target: target)
        }
    }

    /// Blocks.
    private static func lookUp(_ target: SSHTarget) throws(SSHError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(target.host, String(target.port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap({ SocketAddress(resolved: $0) }) { addresses.append(address) }
            next = entry.ai_next
        }
        guard code == 0, !addresses.isEmpty else {
            throw SSHError(
                code: .notResolved, stage: .resolve, target: target.name,
                message: "the name \(target.host) has no address: \(String(cString: gai_strerror(code)))",
                advice: "Check the spelling in hosts.txt, or write the address instead.")
        }
        return addresses
    }
}

extension SocketAddress {
    /// Copies an address of getaddrinfo; nil when it is neither IPv4 nor IPv6.
    fileprivate init?(resolved address: UnsafeMutablePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        case AF_INET6:
            self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
        default: return nil
        }
    }
}
