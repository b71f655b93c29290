/// The paths of the KMS service, relative to its base URL. The first five are documented, their bodies are not.
public struct KMSPaths: Sendable, Codable, Hashable {
    /// `POST` with `plaintext` (base64) and optionally `context`: `ciphertext` (base64).
    public var encrypt = "/api/v1/kms/encrypt"
    /// `POST` with `ciphertext` and the same `context`: `plaintext` (base64). 400 under another context.
    public var decrypt = "/api/v1/kms/decrypt"
    /// `POST` with `key_spec` (`AES_256` or `AES_128`) and optionally `context`: a data key, `plaintext` and `ciphertext`.
    public var generateKey = "/api/v1/kms/generate-key"
    /// `GET`: `backend`, `version`, `sealed`, `key`, `key_version`.
    public var status = "/api/v1/kms/status"
    /// `GET`: 200 when OpenBao can be used. No login.
    public var kmsHealth = "/api/v1/kms/health"
    /// `POST`: new encryptions use a new version of the key; what is encrypted stays readable.
    public var rotate = "/api/v1/kms/rotate"
    /// `GET`: an array of names; `POST` with `name`, and `private_key` and `public_key` unless the KMS shall make them: stores an
    /// SSH key as version 1 (201; 409 when it exists).
    public var sshKeys = "/api/v1/kms/ssh-keys"
    /// `GET` with `version` (default the newest): the key with `private_key`; `DELETE`: removes all versions.
    public var sshKey = "/api/v1/kms/ssh-keys/{name}"
    /// `POST`, with a key pair or without: the next version. Older ones stay readable by number.
    public var rotateSSHKey = "/api/v1/kms/ssh-keys/{name}/rotate"
    /// `GET`: 200 when the service runs.
    public var health = "/health"
    /// `GET`: 200 when OpenBao and control center can be used, else 503 with what cannot.
    public var ready = "/ready"
    /// `GET`: Prometheus text.
    public var metrics = "/metrics"
    /// `GET`: the audit events of the KMS service; see the orchestrator's.
    public var auditQuery = "/api/v1/audit/query"
    /// `GET` with `format`: the same as text.
    public var auditExport = "/api/v1/audit/export"
    /// `GET` with the same filters: `total`, and counts by `outcomes`, `actions` and `resource_types`.
    public var auditStats = "/api/v1/audit/stats"

    /// The paths of the reference platform.
    public init() {}
}

/// The names of the members of SSH keys in the KMS, and of what it encrypts; none is documented.
public struct KMSFields: Sendable, Codable, Hashable {
    /// The key's name.
    public var name = "name"
    /// The number of a version, from 1.
    public var version = "version"
    /// The private key; in OpenBao too.
    public var privateKey = "private_key"
    /// The public key; in OpenBao too.
    public var publicKey = "public_key"
    /// What is encrypted, in base64.
    public var plaintext = "plaintext"
    /// What comes of it, in base64.
    public var ciphertext = "ciphertext"
    /// A text that must be the same for decryption.
    public var context = "context"
    /// What kind of data key is wanted.
    public var keySpecification = "key_spec"
    /// In the status: OpenBao's name of the key that encrypts.
    public var key = "key"
    /// In the status: the newest version of that key.
    public var keyVersion = "key_version"
    /// Where the platform keeps keys in OpenBao, below the mount of KV v2: this, and the key's name.
    public var openBaoFolder = "ssh-keys"

    /// The names of the reference platform.
    public init() {}
}

/// Names on the KMS service's metrics page; none is documented.
public struct KMSMetrics: Sendable, Codable, Hashable {
    /// Counter with labels `method` and `status`: requests answered.
    public var requests = "provisioning_kms_http_requests_total"
    /// Gauge: seconds since the start.
    public var uptime = "provisioning_kms_uptime_seconds"

    /// The names of the reference platform.
    public init() {}
}
