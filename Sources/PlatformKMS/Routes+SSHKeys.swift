import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// SSH keys in KV v2: each rotation is a new version, older ones stay readable by number.
    func addSSHKeys(to router: Router<Context>) {
        router.get(path(paths.sshKeys)) { _, _ in try Answer.data(try await bao.list("ssh-keys")) }
        router.post(path(paths.sshKeys)) { request, context in
            let wanted = try await body(NewKey.self, request, context)
            let name = try checked(wanted.name)
            let key = try wanted.stored(name, owner: try context.caller().name)
            guard let version = try await bao.write(place(name), key, after: 0) else {
                throw PlatformError(.conflict, "there is a key \(name) already; rotate it")
            }
            return try answer(name, key, version, status: .created)
        }
        router.get(path(paths.sshKey)) { request, context in
            let text = request.uri.queryParameters["version"].map(String.init)
            guard text == nil || (text.flatMap { Int($0) } ?? 0) > 0 else {
                throw PlatformError(.invalid, "version: \"\(text ?? "")\" is no number from 1")
            }
            let (name, key, version) = try await existing(context, version: text.flatMap { Int($0) })
            return try answer(name, key, version, withSecret: true)
        }
        router.post(path(paths.rotateSSHKey)) { request, context in
            let (name, old, version) = try await existing(context, version: nil)
            let wanted = try await body(NewKey.self, request, context)
            let key = try wanted.stored(name, owner: old["owner"].text ?? "")
            guard let next = try await bao.write(place(name), key, after: version) else {
                throw PlatformError(.conflict, "somebody else has just rotated \(name)")
            }
            return try answer(name, key, next)
        }
        router.delete(path(paths.sshKey)) { _, context in
            let (name, _, _) = try await existing(context, version: nil)
            try await bao.remove(place(name))
            return try Answer.data(name)
        }
    }

    /// A key that the caller may use: his own, or any for operators and administrators.
    private func existing(_ context: Context, version: Int?) async throws -> (String, JSONValue, Int) {
        let name = try checked(try context.parameters.require("name"))
        guard let (key, version) = try await bao.read(place(name), version: version) else {
            throw PlatformError(.notFound, "there is no such key, or no such version: \(name)")
        }
        let caller = try context.caller()
        guard key["owner"].text == caller.name || !caller.roles.isDisjoint(with: [.admin, .operator]) else {
            throw PlatformError(.forbidden, "the key belongs to somebody else")
        }
        return (name, key, version)
    }

    private func answer(
        _ name: String, _ key: JSONValue, _ version: Int, status: HTTPResponse.Status = .ok, withSecret: Bool = false
    ) throws -> Response {
        var members: [String: JSONValue] = [
            "name": .string(name), "version": .integer(version), "public_key": key["public_key"], "owner": key["owner"],
        ]
        if withSecret { members["private_key"] = key["private_key"] }
        return try Answer.data(members, status: status)
    }

    private func place(_ name: String) -> String { "ssh-keys/\(name)" }

    private func checked(_ name: String?) throws -> String {
        guard let name else { throw PlatformError(.invalid, "name: is missing") }
        let isRight = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "-")
        }
        guard isRight, (1...63).contains(name.utf8.count) else {
            throw PlatformError(.invalid, "name: \"\(name)\" is none: 1 to 63 of a-z, 0-9 and -")
        }
        return name
    }
}

/// A key pair that somebody brings, or wants.
private struct NewKey: Decodable, Sendable {
    let name: String?
    let privateKey: String?
    let publicKey: String?

    enum CodingKeys: String, CodingKey {
        case name
        case privateKey = "private_key"
        case publicKey = "public_key"
    }

    /// What is stored: the pair that came, or a new one.
    func stored(_ name: String, owner: String) throws -> JSONValue {
        let pair: (String, String)
        switch (privateKey, publicKey) {
        case (nil, nil):
            let key = OpenSSHKey(comment: name)
            pair = (key.privateKey, key.publicKey)
        case (let secret?, let open?):
            guard secret.hasPrefix("-----BEGIN "), secret.contains("PRIVATE KEY-----"), open.contains(" ") else {
                throw PlatformError(.invalid, "private_key and public_key: are no key pair in OpenSSH's or PEM form")
            }
            pair = (secret, open)
        default: throw PlatformError(.invalid, "private_key and public_key: give both, or neither")
        }
        return .object([
            "private_key": .string(pair.0), "public_key": .string(pair.1), "owner": .string(owner),
        ])
    }
}
