import FleetSystem
import NIOCore
import NIOPosix
import PlatformService

/// The claim to an address: a UDP socket on it that nothing is ever sent to.
///
/// Only one process of a network namespace can hold it, whoever its user is, and the kernel gives it back when the process dies: so
/// two orchestrators on one host never give out the same address.
struct AddressClaim: Sendable {
    private static let port = 64022

    let address: IPv4Address
    private let channel: any Channel

    /// The claim, or nil when another process holds it. Throws when the address cannot be used at all.
    static func make(_ address: IPv4Address, group: any EventLoopGroup) async throws -> AddressClaim? {
        do {
            let channel = try await DatagramBootstrap(group: group).bind(host: address.description, port: port).get()
            return AddressClaim(address: address, channel: channel)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return nil
        } catch {
            throw PlatformError(.failed, "the address \(address) cannot be used on this host: \(error)")
        }
    }

    /// Gives the address back.
    func release() async { try? await channel.close().get() }

    /// A TCP port that is free on the address: the preferred one, if it is or becomes so in time, else any. It is free at this
    /// moment, no longer.
    func freePort(preferring port: Int?, within patience: Duration) async throws -> Int {
        if let port, await Waiting.until(within: patience, every: .milliseconds(50), { await isFree(port) }) {
            return port
        }
        do { return try await boundPort(0) } catch {
            throw PlatformError(.failed, "no TCP port is free on \(address): \(error)")
        }
    }

    private func isFree(_ port: Int) async -> Bool { (try? await boundPort(port)) != nil }

    private func boundPort(_ port: Int) async throws -> Int {
        let group = channel.eventLoop
        // As sshd does: connections of before that only wait for their time are no hindrance.
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address.description, port: port).get()
        let bound = listener.localAddress?.port ?? port
        try await listener.close().get()
        return bound
    }
}
