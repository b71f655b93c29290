import InterfaceProfile
import NIOHTTP1
import PlatformExtensions
import PlatformService

/// Speaks with the platform's services, as whoever is logged in.
struct PlatformClient: Sendable {
    let configuration: Configuration
    let sessions: SessionFile
    let profile = InterfaceProfile.standard

    /// Sends a request and returns the answer's value, out of its envelope. Throws what went wrong, in words.
    @discardableResult
    func send(
        _ method: HTTPMethod, _ service: Configuration.Service, _ path: String, _ body: JSONValue? = nil
    ) async throws -> JSONValue {
        let content = body.map { WebClient.Body.bytes($0.bytes) }
        let answer = try await answer(method, service, path, content, type: "application/json")
        return try value(of: answer, "\(method.rawValue) \(configuration.url(service))\(path)")
    }

    /// Sends a file as a body and returns the answer's value.
    func upload(_ file: String, to service: Configuration.Service, _ path: String) async throws -> JSONValue {
        guard let size = try? ExtensionArchive.size(of: file) else {
            throw CommandFailure(.invalid, "there is no file \(file)")
        }
        let answer = try await answer(
            .POST, service, path, .file(path: file, size: size), type: "application/octet-stream")
        return try value(of: answer, "POST \(configuration.url(service))\(path)")
    }

    /// Downloads an answer's body to a file that must not exist. Returns its digest, and the headers that came with it.
    @discardableResult
    func download(
        _ service: Configuration.Service, _ path: String, to file: String
    ) async throws -> (digest: Digest, headers: HTTPHeaders) {
        let session = sessions.read(for: configuration.url(.controlCenter))
        let headers: HTTPHeaders = session.map { ["Authorization": "Bearer \($0.token)"] } ?? [:]
        let answer = try await configuration.client(service).download(path, to: file, headers: headers)
        guard answer.status == 200 else {
            throw CommandFailure(
                httpStatus: answer.status, message: "there is nothing to download",
                request: "GET \(configuration.url(service))\(path)")
        }
        return (answer.digest, answer.headers)
    }

    /// Sends a request and returns the answer itself. With a token that has expired it is sent again with a new one.
    func answer(
        _ method: HTTPMethod, _ service: Configuration.Service, _ path: String, _ body: WebClient.Body? = nil,
        type: String
    ) async throws -> WebClient.Answer {
        let client = try configuration.client(service)
        let session = sessions.read(for: configuration.url(.controlCenter))
        func once(_ session: SessionFile.Session?) async throws -> WebClient.Answer {
            var headers: HTTPHeaders = [:]
            if body != nil { headers.add(name: "Content-Type", value: type) }
            if let session { headers.add(name: "Authorization", value: "Bearer \(session.token)") }
            do { return try await client.send(method, path, headers: headers, body: body) } catch let error
                as PlatformError
                where error.kind == .unavailable
            {
                throw CommandFailure(
                    .unavailable, "\(method.rawValue) \(path): \(error.message); is it running, and is its URL right?")
            }
        }
        let first = try await once(session)
        guard first.status == 401, let session, let renewed = try await refresh(session) else { return first }
        return try await once(renewed)
    }

    /// The value of an answer. Throws the failure that it is.
    func value(of answer: WebClient.Answer, _ request: String) throws -> JSONValue {
        let json = JSONValue(answer.body)
        guard (200..<300).contains(answer.status) else {
            // The control center says `error`, the API server `message` too, others nothing that we know.
            let message = json?["message"].text ?? json?["error"].text ?? String(answer.text.prefix(300))
            throw CommandFailure(httpStatus: answer.status, message: message, request: request)
        }
        guard let json else {
            throw CommandFailure(.failed, "\(request): the answer is no JSON: \(answer.text.prefix(300))")
        }
        if case .object(let members) = json, members[profile.fields.envelope.success] != nil {
            return json[profile.fields.envelope.data]
        }
        return json
    }
}

extension PlatformClient {
    /// Logs in, and keeps the session. Throws when name, password or code are wrong.
    func logIn(username: String, password: String, code: String?) async throws {
        let body = JSONValue.members([
            "username": .string(username), "password": .string(password), "mfa_code": .optional(code),
        ])
        let data = try await anonymous(profile.controlCenter.login, body)
        try keep(data, username)
    }

    /// Ends the session, here and at the control center. False when there was none.
    func logOut() async throws -> Bool {
        guard let session = sessions.read(for: configuration.url(.controlCenter)) else { return false }
        let body = JSONValue.members(["refresh_token": .string(session.refreshToken)])
        defer { sessions.remove() }
        let answer = try await answer(
            .POST, .controlCenter, profile.controlCenter.logout, .bytes(body.bytes), type: "application/json")
        // A session that had ended already is what was wanted.
        if answer.status != 401 { _ = try value(of: answer, "POST \(profile.controlCenter.logout)") }
        return true
    }

    /// A session with new tokens, nil when the old refresh token holds no more.
    private func refresh(_ old: SessionFile.Session) async throws -> SessionFile.Session? {
        try await sessions.exclusively {
            // Another command may have been quicker.
            if let current = sessions.read(for: old.controlCenter), current != old { return current }
            let body = JSONValue.members(["refresh_token": .string(old.refreshToken)])
            do { return try keep(try await anonymous(profile.controlCenter.refresh, body), old.username) } catch let
                failure
                as CommandFailure where failure.status == .notLoggedIn
            {
                sessions.remove()
                return nil
            }
        }
    }

    private func anonymous(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let client = try configuration.client(.controlCenter)
        let headers: HTTPHeaders = ["Content-Type": "application/json"]
        let answer = try await client.send(.POST, path, headers: headers, body: .bytes(body.bytes))
        return try value(of: answer, "POST \(client.url)\(path)")
    }

    @discardableResult
    private func keep(_ data: JSONValue, _ username: String) throws -> SessionFile.Session {
        guard let token = data["token"].text, let refreshToken = data["refresh_token"].text else {
            throw CommandFailure(.failed, "the control center's answer holds no tokens")
        }
        let session = SessionFile.Session(
            controlCenter: configuration.url(.controlCenter), username: username, token: token,
            refreshToken: refreshToken)
        try sessions.write(session)
        return session
    }
}
