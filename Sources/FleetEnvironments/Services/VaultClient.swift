import FleetHTTP
import FleetSystem

/// The few calls of the Vault-compatible interface that bring a server into use.
struct VaultClient: Sendable {
    let url: String
    let client: HTTPClient

    /// Makes a call whose answer matters.
    func ask<Answer: Decodable>(
        _ type: Answer.Type, _ method: HTTPMethod, _ path: String, body: (any Encodable)? = nil
    ) async throws(EnvironmentFailure) -> Answer {
        let response = try await send(method, path, body: body, token: nil)
        guard let answer = KeeperCoding.decode(type, from: response.body) else {
            throw failure("\(method.rawValue) /v1/\(path)", "an answer that was not understood")
        }
        return answer
    }

    /// Makes a call that only has to succeed.
    func tell(
        _ method: HTTPMethod, _ path: String, body: any Encodable, token: String? = nil
    ) async throws(EnvironmentFailure) {
        _ = try await send(method, path, body: body, token: token)
    }

    /// Waits until the server has taken up its duties, which after unsealing takes a moment.
    func waitUntilActive() async throws(EnvironmentFailure) {
        let health = HTTPRequest(url: "\(url)/v1/sys/health", timeout: .seconds(2), bodyLimit: 1 << 20)
        let isActive = await Waiting.until(within: .seconds(20), every: .milliseconds(20)) {
            (try? await client.execute(health))?.status == 200
        }
        if !isActive { throw failure("GET /v1/sys/health", "not active within 20 s after it was unsealed") }
    }

    /// A failure of this server; answers may hold secrets and are never part of it.
    func failure(_ tried: String, _ happened: String) -> EnvironmentFailure {
        EnvironmentFailure(kind: .start, service: "openbao", tried: tried, happened: happened)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: (any Encodable)?, token: String?
    ) async throws(EnvironmentFailure) -> HTTPResponse {
        var request = HTTPRequest(
            method: method, url: "\(url)/v1/\(path)", headers: ["Content-Type": "application/json"],
            body: body.map { KeeperCoding.encode($0) }, timeout: .seconds(20), bodyLimit: 1 << 20)
        if let token { request.headers["X-Vault-Token"] = token }
        let response: HTTPResponse
        do {
            response = try await client.execute(request)
        } catch {
            throw failure("\(method.rawValue) /v1/\(path)", error.detail)
        }
        guard (200..<300).contains(response.status) else {
            throw failure("\(method.rawValue) /v1/\(path)", "status \(response.status)")
        }
        return response
    }
}
