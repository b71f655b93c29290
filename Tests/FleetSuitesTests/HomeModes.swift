import FleetModel

/// The 140 tests of the original suite's README: which suite each belongs to, its home mode, its name and its title.
///
/// A home mode is the lowest mode that has every service that the test touches. `CatalogueTests` compares this table
/// with what is declared; a test that moves to another mode is changed here too.
enum HomeModes {
    /// Tests of one suite that have the same home mode: titles by name.
    struct Group: Sendable {
        let suite: String
        let mode: Mode
        let titles: KeyValuePairs<String, String>

        init(_ suite: String, _ mode: Mode, _ titles: KeyValuePairs<String, String>) {
            self.suite = suite
            self.mode = mode
            self.titles = titles
        }
    }

    /// How many tests each suite has.
    static let counts: KeyValuePairs = [
        "modes/solo": 8, "modes/multiuser": 10, "modes/cicd": 8, "modes/enterprise": 6, "services/dns": 8,
        "services/gitea": 10, "services/oci": 12, "services/orchestrator": 10, "services/others": 5,
        "workflows/extension-loading": 12, "workflows/batch": 12, "e2e/complete-deployment": 6,
        "e2e/disaster-recovery": 6, "performance/concurrency": 6, "performance/scalability": 6, "security/rbac": 10,
        "security/kms": 5,
    ]

    /// The whole table.
    static let table: [Group] = modes + services + workflows + scenarios + performance + security

    private static let modes = [
        Group(
            "modes/solo", .solo,
            [
                "minimal-services": "Minimal services running",
                "single-user-operations": "Single-user operations (no auth)",
                "no-multiuser-services": "No multi-user services", "workspace-creation": "Workspace creation",
                "server-deployment-with-dns": "Server deployment with DNS registration",
                "taskserv-installation": "Taskserv installation",
                "extension-loading-from-oci": "Extension loading from OCI", "admin-permissions": "Admin permissions",
            ]),
        Group(
            "modes/multiuser", .multiuser,
            [
                "multiuser-services": "Multi-user services running", "user-authentication": "User authentication",
                "role-based-permissions": "Role-based permissions (viewer, developer, operator, admin)",
                "workspace-collaboration": "Workspace collaboration (clone, push, pull)",
                "distributed-locking": "Distributed locking via Gitea issues",
                "concurrent-operations": "Concurrent operations",
                "extension-publishing": "Extension publishing to Gitea",
                "extension-downloading": "Extension downloading from Gitea",
                "dns-for-multiple-servers": "DNS for multiple servers", "user-isolation": "User isolation",
            ]),
        Group(
            "modes/cicd", .cicd,
            [
                "api-server-accessibility": "API server accessibility",
                "service-account-authentication": "Service account JWT authentication",
                "api-server-creation": "API server creation",
                "api-taskserv-installation": "API taskserv installation",
                "batch-submission-via-api": "Batch workflow submission via API",
                "remote-workflow-monitoring": "Remote workflow monitoring",
                "automated-deployment-pipeline": "Automated deployment pipeline",
                "prometheus-metrics-collection": "Prometheus metrics collection",
            ]),
        Group(
            "modes/enterprise", .enterprise,
            [
                "enterprise-services": "All enterprise services running (Harbor, Grafana, Prometheus, KMS)",
                "ssh-keys-in-kms": "SSH keys stored in KMS", "full-rbac-enforcement": "Full RBAC enforcement",
                "audit-logging": "Audit logging for all operations",
                "harbor-registry": "Harbor OCI registry operational",
                "monitoring-stack": "Monitoring stack (Prometheus + Grafana)",
            ]),
    ]

    private static let services = [
        Group(
            "services/dns", .solo,
            [
                "registration-on-creation": "DNS registration on server creation", "resolution": "DNS resolution",
                "cleanup-on-deletion": "DNS cleanup on server deletion",
                "updates-on-ip-change": "DNS updates on IP change", "external-queries": "External DNS queries",
                "multiple-server-records": "Multiple server DNS records",
                "zone-transfers": "Zone transfers (if enabled)", "caching": "DNS caching",
            ]),
        Group(
            "services/gitea", .multiuser,
            [
                "initialization": "Gitea initialization", "workspace-clone": "Workspace git clone",
                "workspace-push": "Workspace git push", "workspace-pull": "Workspace git pull",
                "lock-acquire": "Distributed locking (acquire)", "lock-release": "Distributed locking (release)",
                "extension-publishing": "Extension publishing to releases",
                "extension-downloading": "Extension downloading from releases", "webhooks": "Gitea webhooks",
                "api-access": "Gitea API access",
            ]),
        Group(
            "services/oci", .solo,
            [
                "zot-registry": "Zot registry (solo/multi-user modes)", "push-kcl-package": "Push KCL packages",
                "pull-kcl-package": "Pull KCL packages", "push-extension": "Push extension artifacts",
                "pull-extension": "Pull extension artifacts", "list-artifacts": "List artifacts",
                "verify-manifests": "Verify manifests", "delete-artifacts": "Delete artifacts",
                "catalog-api": "Catalog API", "blob-upload": "Blob upload",
            ]),
        Group(
            "services/oci", .enterprise,
            ["harbor-registry": "Harbor registry (enterprise mode)", "authentication": "Authentication"]),
        Group(
            "services/orchestrator", .solo,
            [
                "health-endpoint": "Health endpoint", "task-submission": "Task submission",
                "task-status-queries": "Task status queries", "task-completion": "Task completion",
                "failure-handling": "Failure handling", "retry-logic": "Retry logic",
                "task-queue-processing": "Task queue processing", "workflow-submission": "Workflow submission",
                "workflow-monitoring": "Workflow monitoring", "rest-api-endpoints": "REST API endpoints",
            ]),
        Group(
            "services/others", .multiuser,
            [
                "postgresql": "PostgreSQL", "control-center": "Control center",
                "extension-registry": "Extension registry",
            ]),
        Group("services/others", .cicd, ["api-server": "API server"]),
        Group("services/others", .enterprise, ["elasticsearch": "Elasticsearch"]),
    ]

    private static let workflows = [
        Group(
            "workflows/extension-loading", .solo,
            [
                "taskserv-from-oci": "Load taskserv from OCI",
                "cluster-from-local-path": "Load cluster from local path",
                "dependency-resolution": "Dependency resolution",
                "version-conflict-resolution": "Version conflict resolution", "caching": "Extension caching",
                "lazy-loading": "Lazy loading", "semver-resolution": "Semver version resolution",
                "updates": "Extension updates", "rollback": "Extension rollback",
                "validation": "Extension validation",
            ]),
        Group(
            "workflows/extension-loading", .multiuser,
            ["provider-from-gitea": "Load provider from Gitea", "multi-source-loading": "Multi-source loading"]),
        Group(
            "workflows/batch", .solo,
            [
                "submission": "Batch submission", "status-queries": "Batch status queries",
                "monitoring": "Batch monitoring", "multi-server-creation": "Multi-server creation",
                "multi-taskserv-installation": "Multi-taskserv installation",
                "cluster-deployment": "Cluster deployment",
                "mixed-providers": "Mixed providers (AWS + UpCloud + local)",
                "dependency-resolution": "Dependency resolution", "rollback-on-failure": "Rollback on failure",
                "partial-failure-handling": "Partial failure handling", "parallel-execution": "Parallel execution",
                "checkpoint-recovery": "Checkpoint recovery",
            ]),
    ]

    // The twelve steps of the deployment, folded into six tests that can run alone.
    private static let scenarios = [
        Group(
            "e2e/complete-deployment", .solo,
            [
                "workspace-and-extensions": "Initialize workspace and load extensions",
                "servers-and-dns": "Create 3 servers and verify DNS registration",
                "containerd-and-etcd": "Install containerd on all servers and etcd on the control plane",
                "kubernetes-and-cilium": "Install kubernetes on all servers and cilium for networking",
                "cluster-and-application":
                    "Verify cluster health, deploy the test application and reach it via DNS",
                "cleanup": "Cleanup",
            ]),
        Group(
            "e2e/disaster-recovery", .solo,
            [
                "workspace-backup": "Workspace backup", "data-loss-simulation": "Data loss simulation",
                "workspace-restore": "Workspace restore", "data-integrity": "Data integrity verification",
                "platform-backup": "Platform service backup", "platform-restore": "Platform service restore",
            ]),
    ]

    private static let performance = [
        Group(
            "performance/concurrency", .solo,
            [
                "server-creations": "10 concurrent server creations",
                "dns-registrations": "20 concurrent DNS registrations",
                "workflow-submissions": "5 concurrent workflow submissions", "throughput": "Throughput measurement",
                "latency": "Latency measurement", "resource-contention": "Resource contention handling",
            ]),
        Group(
            "performance/scalability", .solo,
            [
                "server-creations": "100 server creations", "taskserv-installations": "100 taskserv installations",
                "dns-records": "100 DNS records", "oci-artifacts": "1000 OCI artifacts",
                "performance-degradation": "Performance degradation analysis",
                "resource-usage": "Resource usage tracking",
            ]),
    ]

    private static let security = [
        Group(
            "security/rbac", .multiuser,
            [
                "viewer-cannot-create-servers": "Viewer cannot create servers",
                "developer-deploys-to-dev": "Developer can deploy to dev, not prod",
                "operator-manages-infrastructure": "Operator can manage infrastructure",
                "admin-has-full-access": "Admin has full access",
                "service-account-permissions": "Service account automation permissions",
                "role-escalation-prevention": "Role escalation prevention",
                "permission-inheritance": "Permission inheritance", "workspace-isolation": "Workspace isolation",
                "api-endpoint-authorization": "API endpoint authorization",
                "cli-command-authorization": "CLI command authorization",
            ]),
        Group(
            "security/kms", .enterprise,
            [
                "ssh-key-storage": "SSH key storage", "ssh-key-retrieval": "SSH key retrieval",
                "ssh-key-usage": "SSH key usage for server access", "ssh-key-rotation": "SSH key rotation",
                "audit-logging": "Audit logging for key access",
            ]),
    ]
}
