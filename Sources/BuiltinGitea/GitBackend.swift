import BuiltinSupport
import FleetSystem
import Hummingbird
import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One request of git's smart protocol, answered by the real `git http-backend` (CGI): it knows all versions of the protocol,
/// compressed requests and filters. Both bodies are streamed.
struct GitBackend: Sendable {
    /// The bare repository.
    let directory: String
    /// The part of the path behind the repository, such as `info/refs`.
    let path: String
    let call: Call
    /// The name of who asks.
    let user: String?
    /// Where the hook writes which references a push moved.
    let report: String

    /// Runs the backend and writes what it prints, without its header lines.
    ///
    /// Throws when it fails: the connection is cut then, so that no client takes a part for the whole.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: "git", arguments: ["http-backend"], environment: environment, standardInput: .pipe,
                standardOutput: .pipe, standardError: .null))
        do {
            try await exchange(with: child, &writer)
        } catch {
            child.sendToGroup(signal: 9)
            throw error
        }
        guard let status = await child.exit(within: .seconds(30)), status.isSuccess else {
            child.sendToGroup(signal: 9)
            throw Refusal(500, "git http-backend failed")
        }
    }

    private var environment: [String: String] {
        var result = Git.environment
        result["GIT_PROJECT_ROOT"] = directory
        result["GIT_HTTP_EXPORT_ALL"] = "1"
        result["PATH_INFO"] = "/\(path)"
        result["QUERY_STRING"] = call.request.uri.query ?? ""
        result["REQUEST_METHOD"] = call.request.method.rawValue
        result["CONTENT_TYPE"] = call.header("Content-Type")
        result["HTTP_CONTENT_ENCODING"] = call.header("Content-Encoding")
        result["GIT_PROTOCOL"] = call.header("Git-Protocol")
        result["REMOTE_USER"] = user
        result["REMOTE_ADDR"] = "127.0.0.1"
        result["PUSH_REPORT"] = report
        return result
    }

    private func exchange(with child: ChildProcess, _ writer: inout any ResponseBodyWriter) async throws {
        guard let output = child.takeStandardOutput(), let input = child.takeStandardInput() else {
            throw Refusal(500, "git http-backend has no pipes")
        }
        let channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .takingOwnershipOfDescriptors(input: output, output: input) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let body = call.request.body
        var header = HeaderCutter()
        try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await piece in body { try await outbound.write(piece) }
                    outbound.finish()
                }
                for try await piece in inbound {
                    if let rest = try header.cut(piece) { try await writer.write(rest) }
                }
                // The backend has said everything; what it did not read nobody misses.
                group.cancelAll()
            }
        }
    }
}

/// Takes the header lines off the beginning of a CGI program's output.
private struct HeaderCutter {
    private static let limit = 16 << 10
    private var header: ByteBuffer? = ByteBuffer()

    /// What of a piece belongs to the body; nil when nothing does. Throws when the program reports a failure.
    mutating func cut(_ piece: ByteBuffer) throws -> ByteBuffer? {
        guard var collected = header else { return piece }
        collected.writeImmutableBuffer(piece)
        let text = Array(collected.readableBytesView)
        guard let end = text.indices.first(where: { text[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            guard text.count < Self.limit else { throw Refusal(500, "git http-backend printed no header") }
            header = collected
            return nil
        }
        let lines = String(decoding: text[..<end], as: UTF8.self)
        guard !lines.hasPrefix("Status:") && !lines.contains("\nStatus:") else {
            throw Refusal(500, "git http-backend answered \(lines)")
        }
        header = nil
        collected.moveReaderIndex(forwardBy: end + 4)
        return collected.readableBytes > 0 ? collected : nil
    }
}
