/// Everything about the platform's interface that its published pages leave open: paths, field names, spellings.
///
/// Who tests a platform that spells something in another way changes a value here, not a test. What the pages
/// do fix is listed too, so that a reader finds the whole interface in one place; those lines say "documented".
public struct InterfaceProfile: Sendable, Codable, Hashable {
    /// Where the orchestrator answers.
    public var paths: OrchestratorPaths
    /// Where the control center answers.
    public var controlCenter: ControlCenterPaths
    /// The names of the control center's members.
    public var controlCenterFields = ControlCenterFields()
    /// Where the orchestrator answers for secrets and temporal keys.
    public var secrets = SecretPaths()
    /// The names of the members of secrets.
    public var secretFields = SecretFields()
    /// Where the KMS service answers.
    public var kms = KMSPaths()
    /// The names of the members of SSH keys in the KMS.
    public var kmsFields = KMSFields()
    /// Names on the KMS service's metrics page.
    public var kmsMetrics = KMSMetrics()
    /// Where the API server answers.
    public var apiServer = APIServerPaths()
    /// Names on the API server's metrics page.
    public var apiServerMetrics = APIServerMetrics()
    /// Names on the control center's metrics page.
    public var controlCenterMetrics = ControlCenterMetrics()
    /// Where the orchestrator answers for batch workflows.
    public var batchPaths: BatchPaths
    /// Where the extension registry answers.
    public var extensionRegistry = ExtensionRegistryPaths()
    /// Names on the extension registry's metrics page.
    public var extensionRegistryMetrics = ExtensionRegistryMetrics()
    /// The names of the members of requests and answers.
    public var fields: FieldNames
    /// The names of the members of batch workflows.
    public var batch: BatchFields
    /// How states and operations are spelled.
    public var spellings: Spellings
    /// How extensions lie in an OCI registry.
    public var artifacts: ExtensionArtifacts
    /// How KCL packages lie in an OCI registry.
    public var kcl = KCLPackages()
    /// How workspaces are locked by issues in Gitea.
    public var locks = LockConventions()
    /// What a workspace looks like on disk.
    public var workspace: WorkspaceLayout
    /// What the platform does in the DNS.
    public var dns: DNSConventions
    /// Names on the metrics page.
    public var metrics: MetricNames
    /// Names on every service's metrics page.
    public var processMetrics = ProcessMetrics()

    /// A profile of the given parts, each with the values of the reference platform unless it is named.
    public init(
        paths: OrchestratorPaths = .init(), batchPaths: BatchPaths = .init(),
        controlCenter: ControlCenterPaths = .init(), fields: FieldNames = .init(), batch: BatchFields = .init(),
        spellings: Spellings = .init(),
        artifacts: ExtensionArtifacts = .init(), workspace: WorkspaceLayout = .init(),
        dns: DNSConventions = .init(), metrics: MetricNames = .init()
    ) {
        self.paths = paths
        self.controlCenter = controlCenter
        self.batchPaths = batchPaths
        self.fields = fields
        self.batch = batch
        self.spellings = spellings
        self.artifacts = artifacts
        self.workspace = workspace
        self.dns = dns
        self.metrics = metrics
    }

    /// What the reference platform speaks, and what the suites expect unless they are told otherwise.
    public static let standard = InterfaceProfile()
}
