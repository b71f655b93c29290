import InterfaceProfile
import PlatformService

/// What the orchestrator's paths mean to the policy.
enum OrchestratorAccess {
    /// The map of every path; one that is missing is closed to all but administrators.
    static var map: AccessMap {
        let paths = InterfaceProfile.standard.paths
        return AccessMap(
            probes: [paths.health, paths.ready, paths.metrics], personal: [paths.identity],
            kinds: [
                (paths.tasks, .task),
                ("/workflows/servers", .server), ("/workflows/taskserv", .taskserv), ("/workflows/cluster", .cluster),
                ("/workflows/batch", .workflow), (paths.servers, .server), ("/api/v1/providers", .server),
                ("/api/v1/taskservs", .taskserv), ("/api/v1/clusters", .cluster), ("/api/v1/dns", .dns),
                (paths.workspaces, .workspace), (paths.extensions, .extension), ("/api/v1/oci", .extension),
                ("/api/v1/secrets", .secret), ("/api/v1/ssh", .key), ("/api/v1/audit", .audit),
                (paths.queue, .task), (paths.events, .task),
            ],
            verbs: verbs, lists: ["query", "export", "list", "stats", "expiring", "records", "ws"],
            operationPaths: [paths.createTaskserv, paths.createCluster],
            named: [paths.servers, paths.workspaces, paths.clusters], archives: ["restore"])
    }

    /// The last word of a path that is posted to.
    private static let verbs: [String: Action] = [
        "create": .deploy, "execute": .deploy, "submit": .deploy, "resume": .deploy, "rollback": .rollback,
        "delete": .delete, "cancel": .update, "update": .update, "restore": .update, "backup": .execute,
        "revoke": .update, "renew": .update, "deploy": .deploy, "cleanup": .execute, "load": .create,
        "generate": .create, "validate": .read,
    ]
}
