/// The control center's tables.
enum Schema {
    static let name = "control_center"

    static let steps = [
        [
            """
            CREATE TABLE control_center.users (
                name text PRIMARY KEY, password text NOT NULL, roles text NOT NULL, teams text NOT NULL DEFAULT '',
                workspace text, mfa_secret text, has_mfa boolean NOT NULL DEFAULT false,
                mfa_step bigint NOT NULL DEFAULT 0, is_service_account boolean NOT NULL DEFAULT false,
                is_locked boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now())
            """,
            // For names that no user has, too: what is locked out must not tell which names exist.
            """
            CREATE TABLE control_center.failures (
                name text PRIMARY KEY, count int NOT NULL, blocked_until timestamptz NOT NULL)
            """,
            // One login and all that is refreshed from it; `refresh_id` is the one refresh token that is still good.
            """
            CREATE TABLE control_center.sessions (
                id text PRIMARY KEY, user_name text NOT NULL REFERENCES control_center.users ON DELETE CASCADE,
                mfa boolean NOT NULL, refresh_id text NOT NULL, expires timestamptz NOT NULL,
                is_revoked boolean NOT NULL DEFAULT false)
            """,
            // Outlives its user, so that a deleted user's tokens stay void.
            """
            CREATE TABLE control_center.access_tokens (
                id text PRIMARY KEY, session text NOT NULL, user_name text NOT NULL, expires timestamptz NOT NULL,
                is_revoked boolean NOT NULL DEFAULT false)
            """,
            "CREATE INDEX ON control_center.access_tokens (session)",
            "CREATE INDEX ON control_center.access_tokens (expires) WHERE is_revoked",
        ]
    ]
}
