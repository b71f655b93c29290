/// How extensions lie in an OCI registry, and what is in their archive.
///
/// The archive (one `tar+gzip` layer) holds, at its top: the manifest, and for a taskserv the three programs. Each
/// program is started on the server in the directory of the unpacked archive, with the variables `TASKSERV_NAME`,
/// `TASKSERV_VERSION`, `TASKSERV_ROOT` (that directory), `SERVER_NAME`, `SERVER_ADDRESS` and `SERVER_DNS_NAME`; exit
/// status 0 is success. As a part of a cluster, `install` has besides `CLUSTER_NAME`, `CLUSTER_TYPE`, `CLUSTER_ROLE`
/// (`control-plane` or `workers`), and the addresses of all nodes and of the control plane, with spaces between, in
/// `CLUSTER_NODES` and `CLUSTER_CONTROL_PLANE`. What `install` leaves running must have closed its standard streams and has the group or
/// session it likes; it ends with the server.
public struct ExtensionArtifacts: Sendable, Codable, Hashable {
    /// Repository of an extension; a tag is a version.
    public var repository = "extensions/{type}/{name}"
    /// `artifactType` of the image manifest.
    public var artifactType = "application/vnd.provisioning.extension.v1"
    /// Media type of the manifest itself.
    public var manifestMediaType = "application/vnd.oci.image.manifest.v1+json"
    /// Media type of the config descriptor: the empty JSON object.
    public var configMediaType = "application/vnd.oci.empty.v1+json"
    /// Media type of the one layer.
    public var layerMediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
    /// Annotation of the manifest: type.
    public var typeAnnotation = "provisioning.extension.type"
    /// Annotation of the manifest: name.
    public var nameAnnotation = "provisioning.extension.name"
    /// Annotation of the manifest: version.
    public var versionAnnotation = "provisioning.extension.version"
    /// Annotation of the manifest: a sentence.
    public var descriptionAnnotation = "org.opencontainers.image.description"
    /// Annotation of the manifest: who made it.
    public var authorAnnotation = "org.opencontainers.image.authors"
    /// Annotation of the manifest: when it was published, RFC 3339.
    public var createdAnnotation = "org.opencontainers.image.created"
    /// Annotation of the manifest: words to find it by, with commas between them.
    public var tagsAnnotation = "provisioning.extension.tags"
    /// What follows the name of a provider in its Gitea repository's. Documented.
    public var giteaProviderSuffix = "_prov"
    /// What follows the name of a taskserv in its Gitea repository's.
    public var giteaTaskservSuffix = "_taskserv"
    /// What follows the name of a cluster in its Gitea repository's.
    public var giteaClusterSuffix = "_cluster"
    /// The archive among the assets of a release, whose tag is the version. Documented. With `.sha256` behind it: a file with its
    /// digest, as `sha256sum` prints it.
    public var giteaAsset = "{repository}.tar.gz"
    /// File of the archive: a JSON object with `type`, `name`, `version` (semver 2.0) and optionally `description`, `author`, `tags`
    /// (strings) and `dependencies` (objects with `type`, `name` and optionally `constraint`).
    public var manifestFile = "extension.json"
    /// Program that installs and starts a taskserv; may be run again.
    public var installProgram = "install"
    /// Program that fails when the taskserv does not work.
    public var checkProgram = "check"
    /// Program that stops and removes a taskserv.
    public var removeProgram = "remove"
    /// Extensions the orchestrator keeps. Documented.
    public var cacheEntries = 100

    /// The conventions of the reference platform.
    public init() {}
}

/// What a workspace looks like on disk. The tree is documented (its 2026 form).
public struct WorkspaceLayout: Sendable, Codable, Hashable {
    /// Directories, relative to the workspace, each with a final slash.
    public var directories = [
        "config/", "infra/", "extensions/", "extensions/providers/", "extensions/taskservs/",
        "extensions/clusters/", "extensions/workflows/", "runtime/", "runtime/state/", "runtime/checkpoints/",
        "runtime/logs/", "runtime/generated/",
    ]
    /// Files, relative to the workspace.
    public var files = [
        ".gitignore", "config/workspace.ncl", "config/provisioning.yaml", "config/dev-defaults.toml",
        "config/test-defaults.toml", "config/prod-defaults.toml", "infra/servers.ncl", "infra/clusters.ncl",
        "infra/networks.ncl", "infra/batch-workflows.ncl",
    ]

    /// The layout of the reference platform.
    public init() {}
}

/// What the platform does in the DNS.
public struct DNSConventions: Sendable, Codable, Hashable {
    /// The zone, without a final dot.
    public var zone = "provisioning.local"
    /// Seconds a record may be kept. Documented.
    public var ttl = 300

    /// The conventions of the reference platform.
    public init() {}
}

/// Names on the metrics page; none is documented.
public struct MetricNames: Sendable, Codable, Hashable {
    /// Gauge with label `status`: tasks in each state.
    public var tasks = "provisioning_orchestrator_tasks"
    /// Gauge: servers that exist.
    public var servers = "provisioning_orchestrator_servers"
    /// Gauge: clusters that exist.
    public var clusters = "provisioning_orchestrator_clusters"
    /// Gauge: changes of the zone that the DNS server has not taken yet.
    public var dnsWaiting = "provisioning_orchestrator_dns_changes_waiting"
    /// Gauge: extensions in the cache.
    public var extensions = "provisioning_orchestrator_extensions_loaded"
    /// Counter: archives downloaded from the registry.
    public var downloads = "provisioning_orchestrator_extension_downloads_total"
    /// Counter: loads that the cache answered.
    public var cacheHits = "provisioning_orchestrator_extension_cache_hits_total"
    /// Counter with labels `method` and `status`: requests answered.
    public var requests = "provisioning_orchestrator_http_requests_total"
    /// Gauge: seconds since the start.
    public var uptime = "provisioning_orchestrator_uptime_seconds"

    /// The names of the reference platform.
    public init() {}
}
