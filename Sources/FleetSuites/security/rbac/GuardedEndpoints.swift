import FleetTestKit
import InterfaceProfile

/// A request of the interface, with what the rules of access have to know of it.
///
/// Each is harmless to whoever may send it: it names what is not there, or lacks what it needs.
struct GuardedEndpoint: Sendable, CustomStringConvertible {
    let endpoint: Endpoint
    let act: AccessRules.Act
    let area: AccessRules.Area

    var description: String { endpoint.description }
    var isDELETE: Bool { endpoint.method == "DELETE" }

    private init(_ method: String, _ path: String, _ act: AccessRules.Act, _ area: AccessRules.Area) {
        let isRead = method == "GET" || method == "DELETE"
        endpoint = Endpoint(method, path, body: isRead ? nil : .object([:]))
        self.act = act
        self.area = area
    }

    private static let id = "00000000-0000-4000-8000-000000000000"

    /// Every endpoint of the orchestrator that needs a login, but the streams that never end.
    static func orchestrator(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        looks(profile) + work(profile) + deletions(profile) + secrets(profile) + administration(profile)
    }

    private static func looks(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        let (paths, batch) = (profile.paths, profile.batchPaths)
        let lists = [
            paths.tasks, paths.queue, paths.servers, paths.providers, paths.clusters, paths.dnsRecords,
            paths.workspaces,
            paths.extensions, paths.extensionCache, batch.batches, batch.stats,
        ]
        let things = [
            filledPath(paths.task, id), filledPath(paths.taskEvents, id), filledPath(paths.server, "nobody"),
            filledPath(paths.cluster, "nobody"), filledPath(paths.workspace, "nobody"),
            filledPath(paths.workspaceBackups, "nobody"), filledPath(paths.workspaceArchive, "nobody", id),
            filledPath(paths.loadedExtension, "taskserv", "nobody"), filledPath(batch.batch, id),
            filledPath(batch.checkpoints, id), filledPath(batch.events, id),
        ]
        return (lists + things).map { GuardedEndpoint("GET", $0, .look, .infrastructure) }
            + [GuardedEndpoint("POST", paths.validateExtension, .look, .infrastructure)]
    }

    private static func work(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        let (paths, batch) = (profile.paths, profile.batchPaths)
        let acts: [(AccessRules.Act, [String])] = [
            (.deploy, [paths.createServers, paths.createTaskserv, paths.createCluster, batch.execute]),
            (.deploy, [filledPath(batch.resume, id)]),
            (
                .rollback,
                [
                    filledPath(batch.rollback, id), filledPath(paths.rollbackExtension, "taskserv", "nobody"),
                ]
            ),
            (.delete, [paths.deleteServers, paths.deleteCluster]),
            (
                .update,
                [
                    paths.updateServers, filledPath(paths.cancelTask, id), filledPath(batch.cancel, id),
                    filledPath(paths.workspaceRestore, "nobody"),
                    filledPath(paths.updateExtension, "taskserv", "nobody"),
                ]
            ),
            (.create, [paths.workspaces, paths.dnsRecords, paths.loadExtension]),
            (.execute, [filledPath(paths.workspaceBackup, "nobody")]),
        ]
        return acts.flatMap { act, paths in paths.map { GuardedEndpoint("POST", $0, act, .infrastructure) } }
    }

    private static func deletions(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        let paths = profile.paths
        return [
            filledPath(paths.server, "nobody"), filledPath(paths.cluster, "nobody"),
            filledPath(paths.dnsRecord, "nobody"), filledPath(paths.workspace, "nobody"),
            filledPath(paths.workspaceArchive, "nobody", id),
            filledPath(paths.loadedExtension, "taskserv", "nobody") + "?version=1.0.0",
        ].map { GuardedEndpoint("DELETE", $0, .delete, .infrastructure) }
    }

    private static func secrets(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        let paths = profile.secrets
        let looks = [
            paths.list, paths.expiring, paths.stats, paths.keys, paths.keyStats, filledPath(paths.secret, id),
            filledPath(paths.key, id),
        ]
        let changes = [
            paths.generate, filledPath(paths.revoke, id), filledPath(paths.renew, id), filledPath(paths.deployKey, id),
            filledPath(paths.revokeKey, id),
        ]
        return looks.map { GuardedEndpoint("GET", $0, .look, .secrets) }
            + changes.map { GuardedEndpoint("POST", $0, .update, .secrets) }
    }

    private static func administration(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        let paths = profile.paths
        return [
            GuardedEndpoint("GET", paths.auditQuery, .look, .audit),
            GuardedEndpoint("GET", paths.auditExport, .look, .audit),
            GuardedEndpoint("POST", paths.platformRestore, .update, .administration),
            GuardedEndpoint("GET", paths.platformBackups, .look, .administration),
            GuardedEndpoint("GET", filledPath(paths.platformBackup, id), .look, .administration),
            GuardedEndpoint("DELETE", filledPath(paths.platformBackup, id), .delete, .administration),
        ]
    }

    /// Every endpoint of the control center that manages others.
    static func controlCenter(_ profile: InterfaceProfile) -> [GuardedEndpoint] {
        let paths = profile.controlCenter
        let user = filledPath(paths.user, "nobody")
        return [
            GuardedEndpoint("GET", paths.users, .look, .administration),
            GuardedEndpoint("GET", user, .look, .administration),
            GuardedEndpoint("GET", paths.serviceAccounts, .look, .administration),
            GuardedEndpoint("GET", paths.auditQuery, .look, .audit),
            GuardedEndpoint("GET", paths.auditExport, .look, .audit),
            GuardedEndpoint("POST", paths.users, .create, .administration),
            GuardedEndpoint("PATCH", user, .update, .administration),
            GuardedEndpoint("DELETE", user, .delete, .administration),
            GuardedEndpoint("DELETE", filledPath(paths.userSessions, "nobody"), .delete, .administration),
            GuardedEndpoint("POST", paths.serviceAccounts, .create, .administration),
            GuardedEndpoint("POST", filledPath(paths.rotateServiceAccount, "nobody"), .update, .administration),
            GuardedEndpoint("DELETE", filledPath(paths.serviceAccount, "nobody"), .delete, .administration),
        ]
    }
}

/// Sends every request of a list, and says which were let through against the rules, or stopped.
enum AccessWalk {
    /// Whoever asks is let through or stopped as expected at each endpoint; all that is wrong is told at once.
    ///
    /// - Parameters:
    ///   - who: for messages.
    ///   - web: the service, as whoever asks.
    ///   - expected: whether he may.
    static func expect(
        _ who: String, _ web: WebClient, at endpoints: [GuardedEndpoint], filePath: String = #filePath,
        line: Int = #line, _ expected: (GuardedEndpoint) -> Bool
    ) async throws {
        var wrong: [String] = []
        for guarded in endpoints {
            let answer = try await web.ask(guarded.endpoint)
            let isStopped = answer.status == 401 || answer.status == 403
            let may = expected(guarded)
            if may == isStopped { wrong.append("\(guarded): \(answer.status), \(may ? "may" : "may not")") }
            if !may, answer.status != 403 { wrong.append("\(guarded): refused with \(answer.status), not 403") }
            if may, answer.status >= 500 { wrong.append("\(guarded): \(answer.status)") }
        }
        try expectEqual(wrong, [], "what \(who) is wrongly allowed or denied", filePath: filePath, line: line)
    }

    /// Nobody without a login gets anywhere: every endpoint answers 401.
    static func expectUnauthorized(
        _ who: String, _ web: WebClient, at endpoints: [GuardedEndpoint], filePath: String = #filePath,
        line: Int = #line
    ) async throws {
        var open: [String] = []
        for guarded in endpoints {
            let status = try await web.ask(guarded.endpoint).status
            if status != 401 { open.append("\(guarded): \(status)") }
        }
        try expectEqual(open, [], "what does not turn \(who) away with 401", filePath: filePath, line: line)
    }
}
