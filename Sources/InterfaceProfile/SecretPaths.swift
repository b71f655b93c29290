/// The paths of dynamic secrets (documented, under `/api/v1/secrets`) and temporal SSH keys, on the orchestrator.
public struct SecretPaths: Sendable, Codable, Hashable {
    /// `POST` with `secret_type` (`ssh`, `aws`, `upcloud`, `vault`), `ttl` (seconds), `workspace`, `purpose`: a secret with
    /// its `id` and `credentials`. Documented, the members of the request are not.
    public var generate = "/api/v1/secrets/generate"
    /// `GET`: one secret; `credentials` only for who made it, until it ends or the orchestrator restarts. Documented.
    public var secret = "/api/v1/secrets/{id}"
    /// `POST` with `reason`: ends it. Documented.
    public var revoke = "/api/v1/secrets/{id}/revoke"
    /// `POST` with `ttl`: a new time, for types that can be renewed; 409 for others. Documented.
    public var renew = "/api/v1/secrets/{id}/renew"
    /// `GET`: an array, without credentials. Documented.
    public var list = "/api/v1/secrets/list"
    /// `GET` with `within` (seconds, default 3600): those that end soon. Documented.
    public var expiring = "/api/v1/secrets/expiring"
    /// `GET`: how many there are by type and by status. Documented.
    public var stats = "/api/v1/secrets/stats"
    /// `POST` with `ttl`, `workspace`, `purpose`: a temporal SSH key.
    public var generateKey = "/api/v1/ssh/generate"
    /// `GET`: an array of temporal keys.
    public var keys = "/api/v1/ssh/list"
    /// `GET`: one temporal key.
    public var key = "/api/v1/ssh/{id}"
    /// `POST` with `server`: lets the key into a server of the provider `local`, until it ends.
    public var deployKey = "/api/v1/ssh/{id}/deploy"
    /// `POST` with `reason`: ends the key and takes it off its servers.
    public var revokeKey = "/api/v1/ssh/{id}/revoke"
    /// `POST`: takes ended keys off their servers now; `data` has `expired`.
    public var cleanUpKeys = "/api/v1/ssh/cleanup"
    /// `GET`: how many there are by status.
    public var keyStats = "/api/v1/ssh/stats"

    /// The paths of the reference platform.
    public init() {}
}

/// The names of the members of secrets and temporal keys.
public struct SecretFields: Sendable, Codable, Hashable {
    /// Id. Documented.
    public var id = "id"
    /// `ssh`, `aws`, `upcloud`, `vault`, or `temporal_key`.
    public var type = "secret_type"
    /// Object of the type's own members; null when it cannot be shown. Documented.
    public var credentials = "credentials"
    /// In the credentials of SSH keys: OpenSSH format. Documented.
    public var privateKey = "private_key"
    /// In SSH keys: the two words of the public key.
    public var publicKey = "public_key"
    /// In SSH keys: `SHA256:…`. Documented.
    public var fingerprint = "fingerprint"
    /// `active`, `revoked` or `expired`.
    public var status = "status"
    /// RFC 3339.
    public var expiresAt = "expires_at"
    /// Whether it can be renewed.
    public var renewable = "renewable"
    /// Servers that a key was let into.
    public var servers = "servers"
    /// In requests: seconds that it shall live. Documented.
    public var ttl = "ttl"
    /// In a request: the server that a key is let into.
    public var server = "server"

    /// The names of the reference platform.
    public init() {}
}
