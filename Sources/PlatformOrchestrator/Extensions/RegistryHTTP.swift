import NIOCore
import NIOHTTP1
import NIOPosix
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Plain HTTP to the OCI registry: one GET for each connection, the body in pieces.
struct RegistryHTTP: Sendable {
    /// Seconds for a small answer.
    static let patience = 30.0
    /// Seconds for an archive.
    static let archivePatience = 900.0

    let host: String
    let port: Int
    private let group: any EventLoopGroup

    /// A client of the registry at that URL. Throws when the URL is not one of plain HTTP.
    init(url: String, group: any EventLoopGroup) throws {
        guard let parsed = URL(string: url), let host = parsed.host(), parsed.path().isEmpty || parsed.path() == "/"
        else {
            throw PlatformError(.invalid, "\"\(url)\" is no registry; give a URL like http://127.0.0.1:5000")
        }
        guard parsed.scheme == "http" else {
            throw PlatformError(.invalid, "the registry \(url) is not plain HTTP, which is all that solo mode speaks")
        }
        self.host = host
        port = parsed.port ?? 80
        self.group = group
    }

    /// The registry, for people.
    var name: String { "\(host):\(port)" }

    /// Gets a path and hands the body of an answer to `receive`, piece by piece. Throws when the registry does not answer.
    func get(
        _ path: String, accept: String = "*/*", seconds: Double = archivePatience,
        receive: @escaping @Sendable (ByteBuffer) throws -> Void
    ) async throws -> HTTPResponseHead {
        do {
            return try await withDeadline(seconds: seconds) { try await exchange(path, accept, receive) }
        } catch let error as IOError {
            throw PlatformError(.unavailable, "the registry \(name) does not answer: \(error)")
        } catch let error as NIOConnectionError {
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? "\(error)"
            throw PlatformError(.unavailable, "the registry \(name) cannot be reached: \(reason)")
        }
    }

    /// Gets a path whose body is small, as a whole. Throws when it is larger than the limit.
    func get(_ path: String, accept: String = "*/*", limit: Int) async throws -> (HTTPResponseHead, [UInt8]) {
        let body = BodyCollector(limit: limit)
        let head = try await get(path, accept: accept, seconds: Self.patience) { try body.add($0) }
        return (head, body.bytes)
    }

    private func exchange(
        _ path: String, _ accept: String, _ receive: @escaping @Sendable (ByteBuffer) throws -> Void
    ) async throws -> HTTPResponseHead {
        let channel = try await ClientBootstrap(group: group).connectTimeout(.seconds(10))
            .connect(host: host, port: port).flatMapThrowing { channel in
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                    wrappingChannelSynchronously: channel)
            }.get()
        return try await channel.executeThenClose { inbound, outbound in
            let headers = HTTPHeaders([("Host", name), ("Accept", accept), ("Connection", "close")])
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
            try await outbound.write(contentsOf: [.head(head), .end(nil)])
            var answer: HTTPResponseHead?
            for try await part in inbound {
                switch part {
                case .head(let head): answer = head
                case .body(let piece): try receive(piece)
                case .end: if let answer { return answer }
                }
            }
            throw PlatformError(.unavailable, "the registry \(name) closed the connection before its answer was whole")
        }
    }
}
