import FleetHTTP
import InterfaceProfile

/// An extension that is asked for.
public struct ExtensionWish: Hashable, Sendable {
    /// `provider`, `taskserv` or `cluster`.
    public var type: String
    /// Its name.
    public var name: String
    /// A version or a constraint; nil for the newest release.
    public var version: String?
    /// `oci`, `gitea` or `local`; nil for whichever has it.
    public var source: String?
    /// A directory of one unpacked extension; nil for none.
    public var path: String?

    /// Asks for an extension.
    public init(_ type: String, _ name: String, _ version: String? = nil, source: String? = nil, path: String? = nil) {
        self.type = type
        self.name = name
        self.version = version
        self.source = source
        self.path = path
    }
}

/// What an update or a rollback did.
public struct ExtensionChange: Hashable, Sendable {
    /// Whether another version is in force now.
    public var isChanged: Bool
    /// The version that was in force before.
    public var previous: String
    /// The version that is in force.
    public var version: String

    /// Describes a change, for comparing.
    public init(isChanged: Bool, previous: String, version: String) {
        self.isChanged = isChanged
        self.previous = previous
        self.version = version
    }

    init(_ answer: Answer) throws {
        let (value, names) = (try answer.payload(), answer.profile.fields.loadedExtension)
        isChanged = try require(value[names.changed]?.bool, "“\(names.changed)” in the answer")
        previous = try answer.text(value, names.previous)
        version = try answer.text(value, names.version)
    }
}

extension OrchestratorClient {
    /// Loads an extension, and what it needs.
    public func load(_ wish: ExtensionWish) async throws -> ExtensionInfo {
        let answer = try await call(.post, profile.paths.loadExtension, body: body(wish), missing: .noObject)
        return try ExtensionInfo(try answer.payload(), answer)
    }

    /// Looks at an extension without loading it.
    ///
    /// - Returns: everything that is wrong with it; empty when it is valid.
    public func validate(_ wish: ExtensionWish) async throws -> [String] {
        let answer = try await call(.post, profile.paths.validateExtension, body: body(wish), missing: .noObject)
        let (value, names) = (try answer.payload(), profile.fields.loadedExtension)
        let faults = (value[names.faults]?.array ?? []).compactMap(\.string)
        try expectEqual(value[names.valid]?.bool, faults.isEmpty, "whether the extension is valid")
        return faults
    }

    /// Loads the newest version that a constraint accepts, if it is newer than the one in force.
    public func updateExtension(_ type: String, _ name: String, to constraint: String? = nil) async throws
        -> ExtensionChange
    {
        let names = profile.fields.loadedExtension
        let body: JSONValue = .object(constraint.map { [names.version: .string($0)] } ?? [:])
        let path = filledPath(profile.paths.updateExtension, type, name)
        return try ExtensionChange(try await call(.post, path, body: body, missing: .noObject))
    }

    /// Goes back to the version that was in force before.
    public func rollBackExtension(_ type: String, _ name: String) async throws -> ExtensionChange {
        let path = filledPath(profile.paths.rollbackExtension, type, name)
        return try ExtensionChange(try await call(.post, path, missing: .noObject))
    }

    /// The version of an extension that is in force; nil when it is not loaded.
    public func extensionInForce(_ type: String, _ name: String) async throws -> ExtensionInfo? {
        try await absentWhen404 {
            let path = filledPath(profile.paths.loadedExtension, type, name)
            let answer = try await call(.get, path, missing: .noObject)
            return try ExtensionInfo(try answer.payload(), answer)
        }
    }

    /// Unloads all versions of an extension; false when none is loaded.
    @discardableResult
    public func unloadAll(_ type: String, _ name: String) async throws -> Bool {
        try await absentWhen404 {
            let path = filledPath(profile.paths.loadedExtension, type, name)
            _ = try await call(.delete, path, missing: .noObject).payload()
            return true
        } ?? false
    }

    private func body(_ wish: ExtensionWish) -> JSONValue {
        let names = profile.fields.loadedExtension
        var body: [String: JSONValue] = [names.type: .string(wish.type), names.name: .string(wish.name)]
        if let version = wish.version { body[names.version] = .string(version) }
        if let source = wish.source { body[names.source] = .string(source) }
        if let path = wish.path { body["path"] = .string(path) }
        return .object(body)
    }
}
