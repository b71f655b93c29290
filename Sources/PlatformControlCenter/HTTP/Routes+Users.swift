import Hummingbird
import InterfaceProfile
import NIOPosix
import PlatformService

extension Routes {
    /// Users: for administrators; ending sessions: for the security team as well.
    func addUsers(to router: Router<Context>) {
        router.get(path(paths.users)) { _, _ in
            try Answer.data(try await desk.users.all(serviceAccounts: false).map(UserView.init))
        }
        router.post(path(paths.users)) { request, context in
            let wanted = try await body(NewUser.self, request, context)
            let user = try await desk.users.create(
                .init(
                    name: try Self.name(wanted.username), password: try await hash(wanted.password),
                    roles: Set(wanted.roles), teams: Set(wanted.teams ?? []), workspace: wanted.workspace))
            return try Answer.data(UserView(user), status: .created)
        }
        router.get(path(paths.user)) { _, context in
            try Answer.data(UserView(try await desk.users.user(try context.parameters.require("name"))))
        }
        router.patch(path(paths.user)) { request, context in
            let wanted = try await body(UserChange.self, request, context)
            var change = UserStore.Change()
            if let password = wanted.password { change.password = try await hash(password) }
            change.roles = wanted.roles.map { Set($0) }
            change.teams = wanted.teams.map { Set($0) }
            change.workspace = wanted.workspace
            change.isLocked = wanted.locked
            let user = try await desk.users.change(try context.parameters.require("name"), change)
            return try Answer.data(UserView(user))
        }
        router.delete(path(paths.user)) { _, context in
            let name = try context.parameters.require("name")
            try await desk.users.remove(name, serviceAccount: false)
            return try Answer.data(name)
        }
        router.delete(path(paths.userSessions)) { _, context in
            var change = UserStore.Change()
            change.isLocked = true
            return try Answer.data(
                UserView(try await desk.users.change(try context.parameters.require("name"), change)))
        }
    }

    /// Programs that log in.
    func addServiceAccounts(to router: Router<Context>) {
        router.get(path(paths.serviceAccounts)) { _, _ in
            try Answer.data(try await desk.users.all(serviceAccounts: true).map(UserView.init))
        }
        router.post(path(paths.serviceAccounts)) { request, context in
            let wanted = try await body(NewServiceAccount.self, request, context)
            let secret = Self.secret()
            let user = try await desk.users.create(
                .init(
                    name: try Self.name(wanted.name), password: try await hash(secret), roles: Set(wanted.roles),
                    workspace: wanted.workspace, isServiceAccount: true))
            return try Answer.data(SecretView(name: user.name, secret: secret), status: .created)
        }
        router.post(path(paths.rotateServiceAccount)) { _, context in
            let name = try context.parameters.require("name")
            guard try await desk.users.user(name).isServiceAccount else {
                throw PlatformError(.notFound, "there is no service account \(name)")
            }
            let secret = Self.secret()
            var change = UserStore.Change()
            change.password = try await hash(secret)
            _ = try await desk.users.change(name, change)
            return try Answer.data(SecretView(name: name, secret: secret))
        }
        router.delete(path(paths.serviceAccount)) { _, context in
            let name = try context.parameters.require("name")
            try await desk.users.remove(name, serviceAccount: true)
            return try Answer.data(name)
        }
    }

    private func hash(_ password: String) async throws -> PasswordHash {
        guard (8...1024).contains(password.utf8.count) else {
            throw PlatformError(.invalid, "password: needs 8 to 1024 bytes")
        }
        return try await desk.threads.runIfActive { try PasswordHash(of: password) }
    }

    private static func name(_ text: String) throws -> String {
        let isRight = text.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || "-_.@".utf8.contains(byte)
        }
        guard isRight, (1...64).contains(text.utf8.count) else {
            throw PlatformError(.invalid, "\"\(text)\" is no name: 1 to 64 of a-z, 0-9, -, _, . and @")
        }
        return text
    }

    private static func secret() -> String {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

private struct NewUser: Decodable, Sendable {
    let username: String
    let password: String
    let roles: [Role]
    let teams: [Team]?
    let workspace: String?
}

private struct UserChange: Decodable, Sendable {
    let password: String?
    let roles: [Role]?
    let teams: [Team]?
    let workspace: String?
    let locked: Bool?
}

private struct NewServiceAccount: Decodable, Sendable {
    let name: String
    let roles: [Role]
    let workspace: String?
}

private struct SecretView: Encodable, Sendable {
    let name: String
    let secret: String
}
