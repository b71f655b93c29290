import AsyncHTTPClient
import FleetSystem
import NIOCore
public import NIOHTTP1
public import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Speaks HTTP with one service of the platform, or one that it stands on.
public struct WebClient: Sendable {
    /// An answer whose body is small enough to be held in memory.
    public struct Answer: Sendable {
        /// The status.
        public let status: Int
        /// The headers.
        public let headers: HTTPHeaders
        /// The body.
        public let body: [UInt8]

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What is sent as a body.
    public enum Body: Sendable {
        /// These bytes.
        case bytes([UInt8])
        /// A file of that many bytes, read as it is sent.
        case file(path: String, size: Int)
    }

    /// A service that refuses connections is told at once, where the shared client would try on until the time is over.
    private static let transport: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Seconds for a small answer.
    static let patience = TimeAmount.seconds(60)
    /// Seconds for an archive.
    static let archivePatience = TimeAmount.seconds(900)
    /// Bytes of a small answer.
    static let answerLimit = 16 << 20

    /// Its base URL, without a slash at the end.
    public let url: String
    /// What it is, for people: `the OCI registry`.
    public let name: String

    /// A client of the service at that URL. Throws when it is no URL of HTTP.
    public init(url: String, name: String) throws(PlatformError) {
        guard let parsed = URL(string: url), parsed.host()?.isEmpty == false,
            ["http", "https"].contains(parsed.scheme),
            parsed.user() == nil
        else {
            throw PlatformError(
                .invalid,
                "the URL of \(name), \"\(url)\", is none; give one like http://127.0.0.1:5000, without a login in it")
        }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.name = name
    }

    /// Sends a request to a path, or to a whole URL, and collects the answer. Throws when none comes within a minute.
    public func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: Body? = nil
    ) async throws -> Answer {
        try await exchange(method, path, headers, body, body == nil ? Self.patience : Self.archivePatience) {
            response in
            let bytes = try await response.body.collect(upTo: Self.answerLimit)
            return Answer(
                status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
        }
    }

    /// Gets a body in pieces; of an answer that is not 200 only the status is of interest. Throws when it does not come.
    func get(
        _ path: String, headers: HTTPHeaders = [:], receive: @escaping @Sendable (ByteBuffer) throws -> Void
    ) async throws -> (status: Int, headers: HTTPHeaders) {
        try await exchange(.GET, path, headers, nil, Self.archivePatience) { response in
            if response.status == .ok { for try await piece in response.body { try receive(piece) } }
            return (Int(response.status.code), response.headers)
        }
    }

    /// Downloads a body to a file that must not exist; without status 200 there is none afterwards. Throws when it does not come.
    public func download(
        _ path: String, to file: String, headers: HTTPHeaders = [:]
    ) async throws -> (status: Int, headers: HTTPHeaders, digest: Digest) {
        let target = try DigestingFile(path: file, limit: archiveLimit)
        do {
            let answer = try await get(path, headers: headers) { try target.add($0) }
            if answer.status != 200 { _ = DirectoryTree.remove(file) }
            return (answer.status, answer.headers, try target.finish().digest)
        } catch {
            _ = DirectoryTree.remove(file)
            throw error
        }
    }

    private func exchange<Value: Sendable>(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, _ body: Body?, _ limit: TimeAmount,
        _ read: (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        var request = HTTPClientRequest(url: path.hasPrefix("/") ? url + path : path)
        request.method = method
        request.headers = headers
        switch body {
        case .bytes(let bytes): request.body = .bytes(ByteBuffer(bytes: bytes))
        case .file(let file, let size):
            request.body = .stream(FilePieces(path: file), length: .known(Int64(size)))
        case nil: break
        }
        do { return try await read(try await Self.transport.execute(request, timeout: limit)) } catch {
            throw explained(error)
        }
    }

    /// The error in words for whoever wonders why nothing came.
    private func explained(_ error: any Error) -> any Error {
        switch error {
        case is PlatformError, is CancellationError: error
        case is NIOTooManyBytesError:
            PlatformError(.failed, "the answer of \(name) at \(url) is larger than \(Self.answerLimit) bytes")
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout:
            PlatformError(.unavailable, "\(name) at \(url) does not answer in time")
        default: PlatformError(.unavailable, "\(name) at \(url) cannot be reached: \(error)")
        }
    }
}

extension HTTPHeaders {
    /// The header with a login by name and password.
    static func basic(_ user: String, _ password: String) -> HTTPHeaders {
        ["Authorization": "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()]
    }
}
