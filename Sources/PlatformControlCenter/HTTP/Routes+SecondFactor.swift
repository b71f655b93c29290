import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// The caller's own second factor, and for administrators that of somebody who has lost it.
    func addSecondFactor(to router: Router<Context>) {
        router.get(path(paths.factors)) { _, context in
            let user = try await desk.users.user(try person(context).name)
            let factor = ["type": "totp", "status": user.hasMFA ? "active" : "pending"]
            return try Answer.data(user.mfaSecret == nil ? [] : [factor])
        }
        router.delete(path(paths.userMFA)) { _, context in
            try Answer.data(UserView(try await desk.users.takeMFA(from: try context.parameters.require("name"))))
        }
        router.post(path(paths.enrolMFA)) { _, context in
            let name = try person(context).name
            let secret = try await desk.enrol(name).base32
            let url = "otpauth://totp/provisioning:\(name)?secret=\(secret)&issuer=provisioning"
            return try Answer.data(["secret": secret, "otpauth_url": url])
        }
        router.post(path(paths.verifyMFA)) { request, context in
            try await show(try await body(Code.self, request, context).code, try person(context))
            return try Answer.data(["mfa_enabled": true])
        }
        router.post(path(paths.disableMFA)) { request, context in
            let caller = try person(context)
            try await show(try await body(Code.self, request, context).code, caller)
            try await desk.users.forgetMFA(caller.name)
            return try Answer.data(["mfa_enabled": false])
        }
    }

    private func person(_ context: Context) throws -> Principal {
        let caller = try context.caller()
        guard !caller.isServiceAccount else { throw PlatformError(.invalid, "a program has no second factor") }
        return caller
    }

    /// Codes are guessed as passwords are, so wrong ones count as wrong logins do.
    private func show(_ code: String, _ caller: Principal) async throws {
        try await desk.turns.inTurn(caller.name) {
            try await desk.refuseBlocked(caller.name)
            guard try await desk.use(code, of: try await desk.users.user(caller.name)) else {
                try await desk.failures.count(caller.name)
                throw PlatformError(.unauthorised, "the code is wrong, or was used before")
            }
        }
    }
}

private struct Code: Decodable, Sendable { let code: String }
