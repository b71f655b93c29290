/// The API server's tables.
enum Schema {
    static let name = "api_server"

    static let steps = [
        [
            """
            CREATE TABLE api_server.operations (
                id text PRIMARY KEY, owner text NOT NULL, status text NOT NULL DEFAULT 'pending', call text NOT NULL,
                remote_id text, result text, error text, is_cancelling boolean NOT NULL DEFAULT false,
                created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                updated_at timestamptz NOT NULL DEFAULT clock_timestamp())
            """,
            "CREATE INDEX ON api_server.operations (created_at)",
            "CREATE TABLE api_server.used_tokens (id text PRIMARY KEY, expires timestamptz NOT NULL)",
        ],
        [
            // One login; `tokens` are the control center's, sealed, `refresh_id` is our one refresh token that is good.
            """
            CREATE TABLE api_server.sessions (
                id text PRIMARY KEY, owner text NOT NULL, tokens text NOT NULL, refresh_id text NOT NULL,
                begun timestamptz NOT NULL DEFAULT clock_timestamp(), expires timestamptz NOT NULL)
            """,
            "CREATE INDEX ON api_server.sessions (owner, begun)",
            "DROP TABLE api_server.used_tokens",
            // Whose session it is submitted with, which program has begun to submit it, whose session cancels it.
            """
            ALTER TABLE api_server.operations
                ADD session text, ADD begun_by text, ADD cancelled_by text, DROP is_cancelling
            """,
        ],
    ]
}
