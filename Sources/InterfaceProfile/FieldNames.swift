/// The names of JSON members, in groups by object.
public struct FieldNames: Sendable, Codable, Hashable {
    /// What every answer is wrapped in.
    public var envelope = Envelope()
    /// A task.
    public var task = Task()
    /// The body of a workflow's submission.
    public var submission = Submission()
    /// What runs and what waits.
    public var queue = Queue()
    /// An event that watchers are told.
    public var event = Event()
    /// A cluster.
    public var cluster = Cluster()
    /// A backup.
    public var backup = Backup()
    /// A server.
    public var server = Server()
    /// A DNS record as the orchestrator lists it.
    public var record = Record()
    /// A workspace.
    public var workspace = Workspace()
    /// A loaded extension.
    public var loadedExtension = LoadedExtension()
    /// The caller.
    public var identity = Identity()

    /// The names of the reference platform.
    public init() {}

    /// What every answer is wrapped in: `{"success":…,"data":…}` is documented, `error` is inferred.
    public struct Envelope: Sendable, Codable, Hashable {
        /// Boolean. Documented.
        public var success = "success"
        /// The answer itself. Documented.
        public var data = "data"
        /// What is wrong, in words, when `success` is false.
        public var error = "error"
        /// Members of an object in which a submission's id may come instead of a bare string, in the order of trial.
        public var taskIDs = ["id", "task_id", "workflow_id"]
    }

    /// A task. Documented, but for `attempts` and `priority`.
    public struct Task: Sendable, Codable, Hashable {
        /// UUID.
        public var id = "id"
        /// For example `create_servers`.
        public var name = "name"
        /// What a person would type for the same.
        public var command = "command"
        /// Its arguments: an array of strings.
        public var arguments = "args"
        /// Ids of tasks that must be completed first.
        public var dependencies = "dependencies"
        /// One of the task states.
        public var status = "status"
        /// RFC 3339.
        public var createdAt = "created_at"
        /// RFC 3339 or null.
        public var startedAt = "started_at"
        /// RFC 3339 or null.
        public var completedAt = "completed_at"
        /// What it printed; null before it has completed.
        public var output = "output"
        /// Why it failed, else null.
        public var error = "error"
        /// 0 to 1. Optional by the pages.
        public var progress = "progress"
        /// How often it was started. Ours.
        public var attempts = "attempts"
        /// The higher the sooner. Ours.
        public var priority = "priority"
    }

    /// The body of a workflow's submission: a superset of what the pages show.
    public struct Submission: Sendable, Codable, Hashable {
        /// The infrastructure's name; optional, `default` if left out.
        public var infra = "infra"
        /// Free text that is kept with the task; optional.
        public var settings = "settings"
        /// Names of servers: an array, required.
        public var servers = "servers"
        /// True: say what would be done, change nothing.
        public var checkMode = "check_mode"
        /// True: answer when the task has ended (at the latest after 300 s).
        public var wait = "wait"
        /// Create, delete or check; for taskservs, default create.
        public var operation = "operation"
        /// `name` or `name:version`; without a version, the latest.
        public var taskserv = "taskserv"
        /// The higher the sooner; default 0.
        public var priority = "priority"
        /// Ids of tasks that must be completed first; default none.
        public var dependencies = "dependencies"
        /// How often a failing task is tried, 1 to 10; default 1.
        public var maximumAttempts = "max_attempts"
        /// OpenSSH public keys that may log in to the new servers beside the platform's own; default none.
        public var authorizedKeys = "authorized_keys"
        /// Where new servers come from: `local` (the default), `aws` or `upcloud`.
        public var provider = "provider"
        /// The workspace that new servers belong to.
        public var workspace = "workspace"
        /// Tier of new servers: `development`, `staging` or `production`.
        public var environment = "environment"
        /// The approval that a change of production refers to. Documented as context of the policy.
        public var approval = "approval_id"
        /// The provider's zone; default its first one.
        public var zone = "zone"
        /// The provider's plan; default its usual one.
        public var plan = "plan"
        /// In a change of servers: an address, or `auto` for any other than now.
        public var address = "ip_address"
        /// Of a cluster: its name.
        public var name = "name"
        /// Of a cluster: for example `kubernetes`.
        public var clusterType = "cluster_type"
        /// Of a cluster: how many of its nodes, the first ones, are of the control plane; default 1.
        public var controlPlane = "control_plane"
        /// Of a cluster: how many more nodes it has; default as many as `servers` has names beyond.
        public var workers = "workers"
        /// Of a cluster: an array of `name:version`, or of objects with `taskserv` and `on` (`all`, `control-plane`,
        /// `workers`), in the order of installing.
        public var taskservs = "taskservs"
    }

    /// What runs and what waits. Ours.
    public struct Queue: Sendable, Codable, Hashable {
        /// How many tasks may run at once.
        public var width = "width"
        /// Array of ids of tasks that run.
        public var running = "running"
        /// Array of ids of tasks that wait for a place, the next one first.
        public var waiting = "waiting"
    }

    /// An event that watchers are told. `data.task_id` and `data.status` are documented.
    public struct Event: Sendable, Codable, Hashable {
        /// What kind of event.
        public var type = "type"
        /// What happened.
        public var data = "data"
        /// There: the task that it is about. Documented.
        public var taskID = "task_id"
        /// There: the batch that it is about.
        public var batchID = "batch_id"
        /// There: the state. Documented.
        public var status = "status"
    }

    /// A cluster. Ours.
    public struct Cluster: Sendable, Codable, Hashable {
        /// Its name.
        public var name = "name"
        /// The name at which its control plane is found, without a final dot.
        public var dnsName = "dns_name"
        /// Array of names of servers, those of the control plane first.
        public var nodes = "nodes"
        /// Array of names of the servers of the control plane.
        public var controlPlane = "control_plane"
        /// One of the server states.
        public var status = "status"
    }

    /// A backup. Ours.
    public struct Backup: Sendable, Codable, Hashable {
        /// Its id; also the member of a restore that names it.
        public var id = "id"
        /// In a restore: the backup.
        public var wanted = "backup"
        /// Bytes of the archive.
        public var size = "size"
        /// `sha256:…` of the archive.
        public var checksum = "sha256"
        /// How many files are in it.
        public var files = "files"
        /// In the answer to a restore of the platform: sentences of what did not come back.
        public var problems = "problems"
        /// There: how many servers came back.
        public var servers = "servers"
        /// There: how many tasks came back.
        public var tasks = "tasks"
    }

    /// A server; names as in the API server's documented list where that has them.
    public struct Server: Sendable, Codable, Hashable {
        /// Id, different for each creation.
        public var id = "id"
        /// The name it was created by: one DNS label.
        public var name = "hostname"
        /// The name it has in the DNS, without a final dot.
        public var dnsName = "dns_name"
        /// `local`, `aws` or `upcloud`.
        public var provider = "provider"
        /// The provider's own name for it.
        public var providerID = "provider_id"
        /// Where in the provider it is.
        public var zone = "zone"
        /// How large it is, in the provider's words.
        public var plan = "plan"
        /// True when it is an entry of an inventory that nobody can log in to.
        public var simulated = "simulated"
        /// The infrastructure's name.
        public var infra = "infra"
        /// What the submission said in `settings`, or null.
        public var settings = "settings"
        /// IPv4 address.
        public var address = "ip_address"
        /// TCP port of its SSH server on that address.
        public var sshPort = "ssh_port"
        /// The user to log in as.
        public var sshUser = "ssh_user"
        /// Its host key: the two words `ssh-ed25519 AAAA…` of a known_hosts line.
        public var sshHostKey = "ssh_host_key"
        /// One of the server states.
        public var status = "status"
        /// RFC 3339.
        public var createdAt = "created_at"
        /// Words of whoever asked for it, an array.
        public var tags = "tags"
        /// Installed taskservs: an array of objects with `name`, `version`, `status`.
        public var taskservs = "taskservs"
        /// In a taskserv of the list: its name.
        public var taskservName = "name"
        /// In a taskserv of the list: its version.
        public var taskservVersion = "version"
        /// In a taskserv of the list: one of the taskserv states.
        public var taskservStatus = "status"
    }

    /// A DNS record as the orchestrator lists it.
    public struct Record: Sendable, Codable, Hashable {
        /// Full name without a final dot.
        public var name = "name"
        /// `A`, `AAAA`, `CNAME` or `TXT`. Documented as types.
        public var type = "record_type"
        /// The address, the other name, or the text.
        public var value = "value"
        /// Seconds.
        public var ttl = "ttl"
        /// False while the DNS server has not said so.
        public var registered = "registered"
    }

    /// A workspace.
    public struct Workspace: Sendable, Codable, Hashable {
        /// Its name; also the only required member of the request.
        public var name = "name"
        /// Absolute directory on the orchestrator's host.
        public var path = "path"
        /// RFC 3339.
        public var createdAt = "created_at"
        /// Who made it: his workspace is closed to other developers.
        public var owner = "owner"
        /// Tier of what is in it: `development`, `staging` or `production`; optional in the request.
        public var environment = "environment"
        /// In the request: what is in the workspace at first, `default` or `kubernetes-ha`; the latter is documented.
        public var template = "template"
        /// In the answer for one workspace: sorted relative paths, directories with a final slash.
        public var entries = "entries"
    }

    /// A loaded extension; names as in the extension registry's documented list where that has them.
    public struct LoadedExtension: Sendable, Codable, Hashable {
        /// `provider`, `taskserv` or `cluster`.
        public var type = "type"
        /// For example `kubernetes`.
        public var name = "name"
        /// For example `1.28.0`.
        public var version = "version"
        /// Text of the extension's own manifest, or null.
        public var description = "description"
        /// `sha256:…` of the archive.
        public var checksum = "checksum"
        /// Bytes of the archive.
        public var size = "size"
        /// `oci`, `gitea` or `local`.
        public var source = "source"
        /// What it needs: an array of objects with `type`, `name` and `constraint`.
        public var dependencies = "dependencies"
        /// True for the version in force.
        public var current = "current"
        /// RFC 3339.
        public var loadedAt = "loaded_at"
        /// In the answer to a load: true when it had not to be downloaded.
        public var cached = "cached"
        /// In the answer to a load: `memory`, `cache` or `source`.
        public var origin = "origin"
        /// In the answer to a load: what it needs and was loaded with it, in an order in which it can be installed: an array of objects
        /// with `type`, `name`, `version` and `cached`.
        public var loadedDependencies = "loaded_dependencies"
        /// In the answer to a load: sources that did not answer, in words.
        public var warnings = "warnings"
        /// In the answer to a validation: true without faults.
        public var valid = "valid"
        /// In the answer to a validation: everything that is wrong, in words.
        public var faults = "faults"
        /// In the answer to an update or a rollback: whether another version is in force now.
        public var changed = "changed"
        /// In the answer to an update or a rollback: the version that was in force before.
        public var previous = "previous"
    }

    /// The caller.
    public struct Identity: Sendable, Codable, Hashable {
        /// `admin` in solo mode.
        public var username = "username"
        /// Array of roles.
        public var roles = "roles"
        /// Array of `resource_action` names.
        public var permissions = "permissions"
        /// `none` in solo mode.
        public var authentication = "authentication"
    }
}
