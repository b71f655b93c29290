import AsyncHTTPClient
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Calls another service over HTTP, with JSON.
public struct ServiceClient: Sendable {
    /// What came back.
    public struct Reply: Sendable {
        /// HTTP status.
        public let status: Int
        /// The body, at most 16 MiB.
        public let body: Data

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Base URL, without a final slash.
    public let url: String
    private let headers: [(String, String)]
    private let timeout: TimeAmount

    /// A client of the service at that URL, that sends these headers with every request and waits so many seconds for an answer.
    public init(_ url: String, headers: [(String, String)] = [], timeout: Int = 10) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.headers = headers
        self.timeout = .seconds(Int64(timeout))
    }

    /// Sends a request and returns the answer, whatever its status. Throws `.unavailable` when none comes.
    public func send(
        _ method: String, _ path: String, body: Data? = nil, contentType: String = "application/json",
        headers more: [(String, String)] = []
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        for (name, value) in headers + more { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: timeout)
            let buffer = try await response.body.collect(upTo: 16 << 20)
            return Reply(status: Int(response.status.code), body: Data(buffer.readableBytesView))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw PlatformError(.unavailable, "\(method) \(url)\(path): no answer: \(error)")
        }
    }

    /// Sends a value and reads the answer. Throws `.unavailable` for another status than 2xx, with what was said.
    public func call<Value: Decodable>(
        _ method: String, _ path: String, _ body: (some Encodable)?, as type: Value.Type
    ) async throws -> Value {
        let reply = try await send(method, path, body: try body.map { try JSONEncoder().encode($0) })
        guard (200..<300).contains(reply.status) else {
            throw PlatformError(
                .unavailable, "\(method) \(url)\(path): answered \(reply.status): \(reply.text.prefix(300))")
        }
        do { return try JSONDecoder().decode(type, from: reply.body) } catch let error as DecodingError {
            throw PlatformError(
                .failed, "\(method) \(url)\(path): the answer makes no sense: \(Answer.words(of: error))")
        }
    }

    /// Reads a value. Throws as `call` does.
    public func get<Value: Decodable>(_ path: String, as type: Value.Type) async throws -> Value {
        try await call("GET", path, Optional<String>.none, as: type)
    }
}

/// The documented envelope of a success, read.
public struct Enveloped<Value: Decodable & Sendable>: Decodable, Sendable {
    /// The answer itself.
    public let data: Value
}
