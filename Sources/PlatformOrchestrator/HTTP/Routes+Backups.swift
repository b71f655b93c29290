import FleetSystem
import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Largest archive that is taken, in bytes.
    private static let largestArchive = 256 << 20

    /// Backups of workspaces and of the platform, and restoring them.
    func addBackups(to router: Router<Context>) {
        addWorkspaceBackups(to: router)
        router.post(path(paths.platformBackups)) { _, _ in
            let backup = try await services.backups.make(.platform, name: services.dns.client.zone.description) {
                try await services.platformBackup.fill($0)
            }
            return try Answer.data(backup, status: .created)
        }
        router.get(path(paths.platformBackups)) { _, _ in try Answer.data(try services.backups.all(.platform)) }
        router.get(path(paths.platformBackup)) { _, context in
            try Self.archive(of: try backup(.platform, context), in: services.backups)
        }
        router.delete(path(paths.platformBackup)) { _, context in
            let backup = try backup(.platform, context)
            try services.backups.remove(backup.id)
            return try Answer.data(backup.id)
        }
        router.post(path(paths.platformRestore)) { request, context in
            try await restore(.platform, request, context) { _, directory in
                try Answer.data(try await services.platformBackup.restore(from: directory))
            }
        }
    }

    private func addWorkspaceBackups(to router: Router<Context>) {
        router.post(path(paths.workspaceBackup)) { _, context in
            let name = try context.parameters.require("name")
            let backup = try await services.backups.make(.workspace, name: name) {
                try services.workspaces.copy(name, to: $0)
            }
            return try Answer.data(backup, status: .created)
        }
        router.get(path(paths.workspaceBackups)) { _, context in
            try Answer.data(try services.backups.all(.workspace, name: try context.parameters.require("name")))
        }
        router.get(path(paths.workspaceArchive)) { _, context in
            try Self.archive(of: try backup(.workspace, context), in: services.backups)
        }
        router.delete(path(paths.workspaceArchive)) { _, context in
            let backup = try backup(.workspace, context)
            try services.backups.remove(backup.id)
            return try Answer.data(backup.id)
        }
        router.post(path(paths.workspaceRestore)) { request, context in
            let name = try context.parameters.require("name")
            return try await restore(.workspace, request, context) { manifest, directory in
                let isThere = (try? services.workspaces.workspace(name, withEntries: false)) != nil
                guard manifest.name == name || !isThere else {
                    throw PlatformError(
                        .conflict, "the backup is of the workspace \(manifest.name); \(name) is there and another one")
                }
                if !isThere {
                    // Its content is what it was, and so are the rules of its tier.
                    let tier = services.guard.book.facts(.workspace, manifest.name)?.tier ?? .development
                    let facts = ResourceFacts(workspace: name, owner: try context.caller().name, tier: tier)
                    try services.guard.book.note(.workspace, name, facts)
                }
                return try Answer.data(try services.workspaces.put(directory, as: name))
            }
        }
    }

    /// The backup of the path. One of another workspace, or of the platform, is not there.
    private func backup(_ kind: BackupManifest.Kind, _ context: Context) throws -> Backup {
        let id = try context.parameters.require("id")
        let found = try services.backups.backup(id)
        guard found.kind == kind, kind == .platform || found.name == context.parameters.get("name") else {
            throw PlatformError(.notFound, "there is no backup \(id)")
        }
        return found
    }

    /// Opens the backup that the request names, or the archive that it is.
    private func restore(
        _ kind: BackupManifest.Kind, _ request: Request, _ context: Context,
        _ body: (BackupManifest, _ directory: String) async throws -> Response
    ) async throws -> Response {
        func checked(_ manifest: BackupManifest, _ directory: String) async throws -> Response {
            guard manifest.kind == kind else {
                throw PlatformError(.invalid, "the backup is of a \(manifest.kind.rawValue), not of a \(kind.rawValue)")
            }
            return try await body(manifest, directory)
        }
        if request.headers[.contentType] == "application/octet-stream" {
            var request = request
            let sent = try await request.collectBody(upTo: Self.largestArchive)
            return try await services.backups.open(sent: Array(sent.readableBytesView), checked)
        }
        let wanted = try await self.body(RestoreRequest.self, request, context)
        let known = try services.backups.backup(wanted.backup)
        // Whoever restores another workspace's backup names that workspace too, so that the policy has looked at it.
        let source = wanted.workspace ?? context.parameters.get("name")
        guard kind == .platform || known.name == source else {
            throw PlatformError(.notFound, "there is no backup \(wanted.backup) of the workspace \(source ?? "")")
        }
        return try await services.backups.open(wanted.backup, checked)
    }

    private static func archive(of backup: Backup, in store: BackupStore) throws -> Response {
        let content = try AtomicFile.read(store.archive(backup.id), limit: .max)
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: content)))
    }
}

private struct RestoreRequest: Decodable, Sendable {
    let backup: String
    /// The workspace that the backup is of, when it is restored as another one.
    let workspace: String?
}
