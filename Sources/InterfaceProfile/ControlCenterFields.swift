/// The names of the members of the control center's requests, answers and tokens.
public struct ControlCenterFields: Sendable, Codable, Hashable {
    /// In a login: the user's or service account's name. Documented.
    public var username = "username"
    /// In a login: password, or a service account's secret. Documented.
    public var password = "password"
    /// In a login: six digits. Documented.
    public var code = "mfa_code"
    /// In the answer to a login or refresh: the access token.
    public var token = "token"
    /// There, and in the request for a refresh: the refresh token.
    public var refreshToken = "refresh_token"
    /// In the answer: seconds that the access token is good.
    public var expiresIn = "expires_in"
    /// In the answer: the user.
    public var user = "user"
    /// In a user and in a token: array of roles.
    public var roles = "roles"
    /// In a user and in a token: array of teams beside those of the roles.
    public var teams = "teams"
    /// In a user and in a token: the workspace that he is bound to, or absent.
    public var workspace = "workspace"
    /// In a user: whether he is a program; the same in a token.
    public var isServiceAccount = "service_account"
    /// In a user: whether he is locked out.
    public var isLocked = "locked"
    /// In a token: whether a second factor was shown.
    public var mfaVerified = "mfa_verified"
    /// In a token: `access` or `refresh`.
    public var tokenType = "token_type"
    /// In the answer to an enrolment: the TOTP secret in base32. In a new service account: its secret.
    public var secret = "secret"

    /// The names of the reference platform.
    public init() {}
}
