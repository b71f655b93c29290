package import AsyncHTTPClient
import HTTPTypes
package import Hummingbird
import NIOCore
import NIOHTTP1

/// Another server that answers in our place, or that we ask.
package enum Upstream {
    /// Follows no redirection and unpacks nothing: what comes goes on as it is. Lives as long as the process.
    package static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.timeout.connect = .seconds(5)
        // Who asks decides whether to ask again.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// What belongs to one connection and is not passed on.
    private static let connectionHeaders: Set = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "host", "content-length", "authorization", "expect",
    ]

    /// Passes a request on and its answer back; both bodies are streamed. `change` may alter what is sent.
    ///
    /// Throws a refusal with status 502 when the other server does not answer.
    package static func forward(
        _ call: Call, to url: String, change: (inout HTTPClientRequest) -> Void = { _ in }
    ) async throws -> Response {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: call.request.method.rawValue)
        for field in call.request.headers where !connectionHeaders.contains(field.name.canonicalName) {
            request.headers.add(name: field.name.rawName, value: field.value)
        }
        let length = call.header("Content-Length").flatMap(Int64.init)
        if let length, length > 0 {
            request.body = .stream(call.request.body, length: .known(length))
        } else if call.header("Transfer-Encoding") != nil {
            request.body = .stream(call.request.body, length: .unknown)
        }
        change(&request)
        let answer: HTTPClientResponse
        do { answer = try await client.execute(request, timeout: .hours(1)) } catch {
            throw Refusal(502, "\(url.prefix { $0 != "?" }) does not answer: \(error)", code: "BAD_GATEWAY")
        }
        var headers = HTTPFields()
        for (name, value) in answer.headers where !connectionHeaders.contains(name.lowercased()) {
            if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
        }
        headers[.contentLength] = answer.headers.first(name: "Content-Length")
        let status = HTTPResponse.Status(code: Int(answer.status.code))
        if call.request.method == .head { return Response(status: status, headers: headers) }
        return Response(status: status, headers: headers, body: ResponseBody(asyncSequence: answer.body))
    }

    /// Asks for a small answer. Throws a refusal with status 502 when nobody answers, or more than the limit comes.
    package static func get(
        _ url: String, headers: [String: String] = [:], method: String = "GET", limit: Int = 64 << 20
    ) async throws -> (status: Int, headers: [String: String], body: [UInt8]) {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        do {
            let answer = try await client.execute(request, timeout: .seconds(30))
            let body = try await answer.body.collect(upTo: limit)
            let fields = Dictionary(answer.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            return (Int(answer.status.code), fields, Array(body.readableBytesView))
        } catch {
            throw Refusal(502, "\(url.prefix { $0 != "?" }) does not answer: \(error)", code: "BAD_GATEWAY")
        }
    }
}
