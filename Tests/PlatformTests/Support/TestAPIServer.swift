import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile

/// The API server as a process, over a real orchestrator, control center and database.
struct TestAPIServer: Sendable {
    let center: TestControlCenter
    let platform: TestPlatform
    let api: RunningService
    let settings: String
    let paths = InterfaceProfile.standard.apiServer

    static var canRun: Bool { TestControlCenter.canRun && TestPlatform.canRun }

    /// Runs a test with all of it up; `more` goes into the API server's settings, `center` into the control center's.
    static func with(
        more: String = "", center settings: String = "", endsAs expected: FleetSystem.ExitStatus = .exited(0),
        _ body: (TestAPIServer) async throws -> Void
    ) async throws {
        try await TestControlCenter.with(more: settings) { center in
            let security = #"{"security":{"control_center":"\#(center.center.url)"}}"#
            try await TestPlatform.with(mode: "cicd", settings: security) { platform in
                let settings = """
                    {"database":\(TestControlCenter.database(center.postgres)),
                    "orchestrator":"http://127.0.0.1:\(platform.port)","control_center":"\(center.center.url)",
                    "username":"ci","password":"ci-password"\(more)}
                    """
                try await RunningService.with("api-server", settings: settings, endsAs: expected) { api in
                    try await body(TestAPIServer(center: center, platform: platform, api: api, settings: settings))
                }
            }
        }
    }

    func login(_ name: String, code: String? = nil) async throws -> HTTP.Answer {
        let member = code.map { #","mfa_code":"\#($0)""# } ?? ""
        return try await api.send(
            "POST", paths.login, #"{"username":"\#(name)","password":"\#(name)-password"\#(member)}"#)
    }

    func token(_ name: String, code: String? = nil) async throws -> String {
        let answer = try await login(name, code: code)
        guard let token = answer.json["token"].string else { throw TestServiceError("login: \(answer.text)") }
        return token
    }

    func refresh(_ token: String?) async throws -> HTTP.Answer {
        try await api.send("POST", paths.refresh, #"{"refresh_token":"\#(token ?? "")"}"#)
    }

    /// Submits something, and returns the operation's id.
    func begin(
        _ path: String, _ body: String = "", method: String = "POST", as token: String
    ) async throws -> String {
        let answer = try await api.send(method, path, body, token: token)
        guard answer.status == 200, let id = answer.json["id"].string else {
            throw TestServiceError("\(method) \(path): \(answer.status) \(answer.text)")
        }
        return id
    }

    /// The operation when it has ended.
    func end(_ id: String, _ token: String, at server: RunningService? = nil) async throws -> JSON {
        var operation = JSON.null
        let hasEnded = await Waiting.until(within: .seconds(30), every: .milliseconds(50)) {
            operation =
                (try? await (server ?? api).send("GET", filledPath(paths.operation, id), token: token).json) ?? .null
            return ["completed", "failed", "cancelled"].contains(operation["status"].string ?? "")
        }
        guard hasEnded else { throw TestServiceError("operation did not end: \(operation)") }
        return operation
    }

    /// Submits something and waits for its end.
    func run(_ path: String, _ body: String = "", method: String = "POST", as token: String) async throws -> JSON {
        try await end(try await begin(path, body, method: method, as: token), token)
    }
}
