import Crypto
import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile

/// The control center with a real PostgreSQL and one user of each role; each password is `NAME-password`.
struct TestControlCenter: Sendable {
    let postgres: PostgresServer
    let center: RunningService
    let paths = InterfaceProfile.standard.controlCenter

    static var canRun: Bool {
        PostgresServer.isInstalled && FileManager.default.isExecutableFile(atPath: TestPlatform.executable)
    }

    /// The second factor of the user `admin`.
    static let mfaSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    static func database(_ postgres: PostgresServer) -> String {
        #"{"host":"127.0.0.1","port":\#(postgres.port),"user":"\#(postgres.user)","password":"\#(postgres.password)"}"#
    }

    static func settings(_ postgres: PostgresServer, more: String = "") -> String {
        let users = ["operator", "developer", "viewer", "auditor"].map {
            #"{"username":"\#($0)","password":"\#($0)-password","roles":["\#($0)"]}"#
        }
        let others = [
            #"{"username":"admin","password":"admin-password","roles":["admin"],"mfa_secret":"\#(mfaSecret)"}"#,
            #"{"username":"root","password":"root-password","roles":["admin"]}"#,
            #"{"username":"second","password":"second-password","roles":["developer"]}"#,
            #"{"username":"guard","password":"guard-password","roles":[],"teams":["security"],"mfa_secret":"\#(mfaSecret)"}"#,
            #"{"username":"ci","password":"ci-password","roles":["operator"],"service_account":true}"#,
        ]
        return #"{"database":\#(database(postgres)),"users":[\#((users + others).joined(separator: ","))]\#(more)}"#
    }

    static func with(
        more: String = "", endsAs expected: FleetSystem.ExitStatus = .exited(0),
        _ body: (TestControlCenter) async throws -> Void
    ) async throws {
        let postgres = try await PostgresServer.start()
        do {
            let settings = settings(postgres, more: more)
            try await RunningService.with("control-center", settings: settings, endsAs: expected) { center in
                try await body(TestControlCenter(postgres: postgres, center: center))
            }
            await postgres.service.stop()
        } catch {
            await postgres.service.stop()
            throw error
        }
    }

    /// The answer to a login.
    func login(_ name: String, password: String? = nil, code: String? = nil) async throws -> HTTP.Answer {
        let member = code.map { #","mfa_code":"\#($0)""# } ?? ""
        let body = #"{"username":"\#(name)","password":"\#(password ?? "\(name)-password")"\#(member)}"#
        return try await center.send("POST", paths.login, body)
    }

    /// An access token. Throws when the login is refused.
    func token(_ name: String, password: String? = nil, code: String? = nil) async throws -> String {
        let answer = try await login(name, password: password, code: code)
        guard answer.status == 200, let token = answer.json["data"]["token"].string else {
            throw TestServiceError("login of \(name): \(answer.status) \(answer.text)")
        }
        return token
    }

    /// The code of a secret for the step that is so many steps from now, computed apart from the platform.
    static func code(_ secret: String = mfaSecret, steps: Int = 0) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = secret.map { letter in
            let value = alphabet.firstIndex(of: letter) ?? 0
            return String(repeating: "0", count: 5 - String(value, radix: 2).count) + String(value, radix: 2)
        }.joined()
        let bytes = stride(from: 0, to: bits.count - 7, by: 8).compactMap { offset -> UInt8? in
            UInt8(bits.dropFirst(offset).prefix(8), radix: 2)
        }
        let step = UInt64(Date().timeIntervalSince1970 / 30) &+ UInt64(bitPattern: Int64(steps))
        let message = (0..<8).reversed().map { UInt8(truncatingIfNeeded: step >> (8 * UInt64($0))) }
        let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: bytes)))
        let offset = Int(digest[19] % 16)
        let number = (0..<4).reduce(0) { $0 * 256 + Int(digest[offset + $1]) } % 0x8000_0000
        return String(format: "%06d", number % 1_000_000)
    }
}
