import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What we ask of OpenBao: the engines transit and KV v2, and how it is.
struct OpenBaoClient: Sendable {
    private let client: ServiceClient
    private let transit: String
    private let store: String
    let key: String

    init(_ settings: KMSSettings) {
        client = ServiceClient(settings.openBao, headers: [("X-Vault-Token", settings.openBaoToken)])
        transit = settings.transit
        store = settings.store
        key = settings.key
    }

    /// Makes the key of the transit engine; one that is there stays.
    func ensureKey() async throws {
        try await call("POST", "\(transit)/keys/\(key)", ["type": .string("aes256-gcm96")])
    }

    /// Encrypts base64; the context is authenticated with it.
    func encrypt(_ plaintext: String, context: String) async throws -> String {
        let answer = try await call(
            "POST", "\(transit)/encrypt/\(key)",
            ["plaintext": .string(plaintext), "associated_data": .string(Self.base64(context))])
        return answer["data"]["ciphertext"].text ?? ""
    }

    /// Decrypts to base64. Throws `.invalid` for another context and for what is no ciphertext of the key.
    func decrypt(_ ciphertext: String, context: String) async throws -> String {
        let answer = try await call(
            "POST", "\(transit)/decrypt/\(key)",
            ["ciphertext": .string(ciphertext), "associated_data": .string(Self.base64(context))])
        return answer["data"]["plaintext"].text ?? ""
    }

    /// Makes a new version of the key, for what is encrypted from now on.
    func rotate() async throws { try await call("POST", "\(transit)/keys/\(key)/rotate", [:]) }

    /// The newest version of the key.
    func keyVersion() async throws -> Int {
        try await call("GET", "\(transit)/keys/\(key)")["data"]["latest_version"].number
    }

    /// OpenBao's own health. Throws `.unavailable` when it is sealed, or not there.
    func health() async throws -> JSONValue {
        let reply = try await client.send("GET", "/v1/sys/health")
        guard reply.status == 200 else {
            throw PlatformError(.unavailable, "OpenBao is not active: its health says \(reply.status)")
        }
        return try JSONDecoder().decode(JSONValue.self, from: reply.body)
    }

    /// Writes the next version of a secret; with `after`, only on top of that version (0: only if there is none). Returns
    /// its number, nil when another version is the newest.
    func write(_ path: String, _ data: JSONValue, after: Int) async throws -> Int? {
        let body: [String: JSONValue] = ["data": data, "options": .object(["cas": .integer(after)])]
        do {
            return try await call("POST", "\(store)/data/\(path)", body)["data"]["version"].number
        } catch let error as PlatformError where error.message.contains("check-and-set") { return nil }
    }

    /// A version of a secret, the newest unless one is named; nil when there is none.
    func read(_ path: String, version: Int?) async throws -> (data: JSONValue, version: Int)? {
        let query = version.map { "?version=\($0)" } ?? ""
        do {
            let answer = try await call("GET", "\(store)/data/\(path)\(query)")["data"]
            return (answer["data"], answer["metadata"]["version"].number)
        } catch let error as PlatformError where error.kind == .notFound { return nil }
    }

    /// Names below a path.
    func list(_ path: String) async throws -> [String] {
        do {
            return try await call("GET", "\(store)/metadata/\(path)?list=true")["data"]["keys"].items.compactMap(\.text)
        } catch let error as PlatformError where error.kind == .notFound { return [] }
    }

    /// Removes all versions of a secret.
    func remove(_ path: String) async throws { try await call("DELETE", "\(store)/metadata/\(path)") }

    @discardableResult
    private func call(_ method: String, _ path: String, _ body: [String: JSONValue]? = nil) async throws -> JSONValue {
        let reply = try await client.send(method, "/v1/\(path)", body: try body.map { try JSONEncoder().encode($0) })
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: reply.body)) ?? .null
        let words = answer["errors"].items.compactMap(\.text).joined(separator: "; ")
        switch reply.status {
        case 200..<300: return answer
        case 400: throw PlatformError(.invalid, "OpenBao refuses: \(words)")
        case 404: throw PlatformError(.notFound, "OpenBao has nothing at \(path)")
        default: throw PlatformError(.unavailable, "OpenBao answered \(reply.status) at \(path): \(words)")
        }
    }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}

extension JSONValue {
    /// The whole number, 0 for anything else.
    fileprivate var number: Int { if case .integer(let number) = self { number } else { 0 } }
}
