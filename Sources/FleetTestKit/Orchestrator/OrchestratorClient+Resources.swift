import FleetHTTP
import InterfaceProfile

extension OrchestratorClient {
    // MARK: Workspaces

    /// Makes a workspace.
    public func createWorkspace(_ name: String) async throws -> WorkspaceInfo {
        let body: JSONValue = .object([profile.fields.workspace.name: .string(name)])
        let answer = try await call(.post, profile.paths.workspaces, body: body)
        return try WorkspaceInfo(try answer.payload(), answer)
    }

    /// All workspaces.
    public func workspaces() async throws -> [WorkspaceInfo] {
        let answer = try await call(.get, profile.paths.workspaces)
        return try answer.elements(try answer.payload()).map { try WorkspaceInfo($0, answer) }
    }

    /// One workspace with its entries; nil when the platform does not have it.
    public func workspace(_ name: String) async throws -> WorkspaceInfo? {
        try await absentWhen404 {
            let path = filledPath(profile.paths.workspace, name)
            let answer = try await call(.get, path, missing: .noObject)
            return try WorkspaceInfo(try answer.payload(), answer)
        }
    }

    /// Removes a workspace; false when the platform does not have it.
    @discardableResult
    public func deleteWorkspace(_ name: String) async throws -> Bool {
        try await absentWhen404 {
            let path = filledPath(profile.paths.workspace, name)
            _ = try await call(.delete, path, missing: .noObject).payload()
            return true
        } ?? false
    }

    // MARK: Extensions

    /// Loads an extension from the OCI registry, or from the cache.
    ///
    /// - Parameter version: nil for the latest.
    public func loadExtension(type: String, name: String, version: String?) async throws -> ExtensionInfo {
        let fields = profile.fields.loadedExtension
        var body: [String: JSONValue] = [fields.type: .string(type), fields.name: .string(name)]
        if let version { body[fields.version] = .string(version) }
        let answer = try await call(.post, profile.paths.loadExtension, body: .object(body), missing: .noObject)
        return try ExtensionInfo(try answer.payload(), answer)
    }

    /// The extensions that are loaded.
    public func extensions() async throws -> [ExtensionInfo] {
        let answer = try await call(.get, profile.paths.extensions)
        return try answer.elements(try answer.payload()).map { try ExtensionInfo($0, answer) }
    }

    /// Unloads one version of an extension; false when it is not loaded.
    @discardableResult
    public func unloadExtension(type: String, name: String, version: String) async throws -> Bool {
        try await absentWhen404 {
            let path = filledPath(profile.paths.loadedExtension, type, name) + "?version=\(version)"
            _ = try await call(.delete, path, missing: .noObject).payload()
            return true
        } ?? false
    }
}
