import FleetHTTP
import InterfaceProfile

/// A backup as the orchestrator describes it.
public struct BackupInfo: Hashable, Sendable {
    /// Its id.
    public var id: String
    /// Bytes of the archive.
    public var size: Int?
    /// `sha256:…` of the archive.
    public var checksum: String?
    /// How many files are in it.
    public var files: Int?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.backup
        self.id = try answer.text(value, names.id)
        self.size = value[names.size]?.integer
        self.checksum = value[names.checksum]?.string
        self.files = value[names.files]?.integer
    }
}

/// What came back by a restore of the platform.
public struct RestoreReport: Hashable, Sendable {
    /// How many servers.
    public var servers: Int?
    /// How many tasks.
    public var tasks: Int?
    /// Sentences of what did not come back.
    public var problems: [String]

    init(_ value: JSONValue, _ answer: Answer) {
        let names = answer.profile.fields.backup
        self.servers = value[names.servers]?.integer
        self.tasks = value[names.tasks]?.integer
        self.problems = (value[names.problems]?.array ?? []).compactMap(\.string)
    }
}

extension OrchestratorClient {
    // MARK: Workspaces

    /// Backs a workspace up.
    public func backUpWorkspace(_ name: String) async throws -> BackupInfo {
        let answer = try await call(.post, filledPath(profile.paths.workspaceBackup, name), missing: .noObject)
        return try BackupInfo(try answer.payload(), answer)
    }

    /// The backups of a workspace.
    public func workspaceBackups(of name: String) async throws -> [BackupInfo] {
        let answer = try await call(.get, filledPath(profile.paths.workspaceBackups, name), missing: .noObject)
        return try answer.elements(try answer.payload()).map { try BackupInfo($0, answer) }
    }

    /// The archive of a workspace's backup.
    public func workspaceArchive(of name: String, _ id: String) async throws -> [UInt8] {
        try await archive(at: filledPath(profile.paths.workspaceArchive, name, id))
    }

    /// Removes a workspace's backup; one that is gone already is no error.
    public func deleteWorkspaceBackup(of name: String, _ id: String) async throws {
        try await delete(filledPath(profile.paths.workspaceArchive, name, id))
    }

    /// Puts what a backup holds in place of the workspace, or makes it.
    public func restoreWorkspace(_ name: String, backup id: String) async throws {
        let body: JSONValue = .object([profile.fields.backup.wanted: .string(id)])
        let path = filledPath(profile.paths.workspaceRestore, name)
        _ = try await call(.post, path, body: body, missing: .noObject).payload()
    }

    /// The same with an archive that somebody kept.
    public func restoreWorkspace(_ name: String, archive: [UInt8]) async throws {
        _ = try await send(archive, to: filledPath(profile.paths.workspaceRestore, name)).payload()
    }

    // MARK: The platform

    /// Backs up what the orchestrator knows.
    public func backUpPlatform() async throws -> BackupInfo {
        let answer = try await call(.post, profile.paths.platformBackups)
        return try BackupInfo(try answer.payload(), answer)
    }

    /// The archive of a backup of the platform.
    public func platformArchive(_ id: String) async throws -> [UInt8] {
        try await archive(at: filledPath(profile.paths.platformBackup, id))
    }

    /// Removes a backup of the platform; one that is gone already is no error.
    public func deletePlatformBackup(_ id: String) async throws {
        try await delete(filledPath(profile.paths.platformBackup, id))
    }

    /// Brings back what is missing, from a backup that the orchestrator has.
    public func restorePlatform(backup id: String) async throws -> RestoreReport {
        let body: JSONValue = .object([profile.fields.backup.wanted: .string(id)])
        let answer = try await call(.post, profile.paths.platformRestore, body: body, missing: .noObject)
        return RestoreReport(try answer.payload(), answer)
    }

    /// The same from an archive that somebody kept.
    public func restorePlatform(archive: [UInt8]) async throws -> RestoreReport {
        let answer = try await send(archive, to: profile.paths.platformRestore)
        return RestoreReport(try answer.payload(), answer)
    }

    private func archive(at path: String) async throws -> [UInt8] {
        let answer = try await call(.get, path, missing: .noObject)
        guard answer.response.status == 200 else {
            _ = try answer.payload()
            throw answer.unexpected("the archive was not handed out")
        }
        return answer.response.body
    }

    private func delete(_ path: String) async throws {
        _ = try await absentWhen404 { try await call(.delete, path, missing: .noObject).payload() }
    }

    private func send(_ archive: [UInt8], to path: String) async throws -> Answer {
        let response = try await web.send(
            .post, path, headers: ["Content-Type": "application/octet-stream"], body: archive)
        let answer = Answer(response: response, profile: profile)
        if response.status == 404, !answer.isPlatformError { throw InterfaceNotFound(path: response.request) }
        return answer
    }
}
