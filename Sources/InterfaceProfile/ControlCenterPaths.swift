/// The paths of the control center, relative to its base URL.
public struct ControlCenterPaths: Sendable, Codable, Hashable {
    /// `GET`: 200 when it runs. Documented.
    public var health = "/health"
    /// `GET`: 200 when its database can be used, else 503 with what cannot.
    public var ready = "/ready"
    /// `GET`: Prometheus text.
    public var metrics = "/metrics"
    /// `POST` with `username`, `password` and, where the user has a second factor, `mfa_code`. Documented.
    public var login = "/auth/login"
    /// `POST` with `refresh_token`: a new pair; the old refresh token is void then. Documented, the body is not.
    public var refresh = "/auth/refresh"
    /// `POST` with the access token: ends its session. Documented.
    public var logout = "/auth/logout"
    /// `GET`: the public keys as a JSON Web Key Set, bare.
    public var keys = "/.well-known/jwks.json"
    /// `GET`: an array of the ids (`jti`) of access tokens that were revoked and have not expired yet.
    public var revocations = "/auth/revocations"
    /// `GET`: who the caller is and what he may do.
    public var identity = "/auth/me"
    /// `GET`: an array of the caller's second factors, each with `type` (`totp`) and `status` (`pending` until its first code,
    /// then `active`).
    public var factors = "/auth/mfa"
    /// `POST`: makes a TOTP secret for the caller; `data` has `secret` (base32) and `otpauth_url`.
    public var enrolMFA = "/auth/mfa/enrol"
    /// `POST` with `code`: the second factor counts from now on.
    public var verifyMFA = "/auth/mfa/verify"
    /// `POST` with `code`: no second factor any more.
    public var disableMFA = "/auth/mfa/disable"
    /// `GET`: an array of users; `POST` with `username`, `password`, `roles` and more: makes one (201).
    public var users = "/api/v1/users"
    /// `GET`, `PATCH` (`password`, `roles`, `teams`, `workspace`, `locked`) and `DELETE` of one user.
    public var user = "/api/v1/users/{name}"
    /// `DELETE`: no second factor any more, for somebody who has lost it; his sessions end.
    public var userMFA = "/api/v1/users/{name}/mfa"
    /// `DELETE`: ends all sessions of a user and locks him out, which the security team may do too.
    public var userSessions = "/api/v1/sessions/{name}"
    /// `GET`: an array; `POST` with `name` and `roles`: makes one; its `secret` is shown this once (201).
    public var serviceAccounts = "/api/v1/service-accounts"
    /// `DELETE` of one service account.
    public var serviceAccount = "/api/v1/service-accounts/{name}"
    /// `POST`: a new secret for a service account, shown this once.
    public var rotateServiceAccount = "/api/v1/service-accounts/{name}/rotate"
    /// `GET`: the audit events of the control center; see the orchestrator's.
    public var auditQuery = "/api/v1/audit/query"
    /// `GET` with `format`: the same as text.
    public var auditExport = "/api/v1/audit/export"
    /// `GET` with the same filters: `total`, and counts by `outcomes`, `actions` and `resource_types`.
    public var auditStats = "/api/v1/audit/stats"

    /// The paths of the reference platform.
    public init() {}
}
