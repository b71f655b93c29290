import CPostgres
import PlatformService

/// One row of an answer: text by column, in the statement's order.
public struct PostgresRow: Sendable, Hashable {
    let values: [String?]

    /// A value; nil is NULL.
    public subscript(column: Int) -> String? { values[column] }
    /// A value that is never NULL.
    public func text(_ column: Int) -> String { values[column] ?? "" }
    /// A whole number.
    public func int(_ column: Int) -> Int { values[column].flatMap { Int($0) } ?? 0 }
    /// A boolean as PostgreSQL writes it.
    public func bool(_ column: Int) -> Bool { values[column] == "t" }
}

/// A statement that the server refused.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// SQLSTATE.
    public let state: String
    /// The server's words.
    public let description: String
}

/// One connection; used by one thread at a time, and blocking.
public final class PostgresConnection {
    private let connection: OpaquePointer

    init(_ settings: PostgresSettings) throws {
        if let failure = cpq_load() {
            throw PlatformError(.unavailable, "PostgreSQL cannot be used: \(String(cString: failure))")
        }
        let parameters = [
            ("host", settings.host), ("port", "\(settings.port)"), ("user", settings.user),
            ("password", settings.password), ("dbname", settings.database), ("connect_timeout", "5"),
            ("tcp_user_timeout", "10000"), ("application_name", "provisioning"),
            ("options", "-c statement_timeout=10000 -c timezone=UTC -c client_min_messages=warning"),
        ]
        let made = withCStrings(parameters.map(\.0)) { names in
            withCStrings(parameters.map(\.1)) { values in cpq_connect(names, values) }
        }
        guard let made else { throw PlatformError(.unavailable, "PostgreSQL: no memory for a connection") }
        connection = made
        guard isOpen else {
            let words = Self.line(cpq_connection_error(connection))
            throw PlatformError(
                .unavailable, "PostgreSQL at \(settings.host):\(settings.port) cannot be reached: \(words)")
        }
    }

    deinit { cpq_finish(connection) }

    /// Whether the server was there when we last heard of it.
    var isOpen: Bool { cpq_is_connected(connection) == 1 }

    /// Runs one statement, with `$1`, `$2`, … for the parameters.
    ///
    /// Throws `PostgresError` when the server refuses it, `PlatformError.unavailable` when it has gone.
    @discardableResult
    public func query(_ statement: String, _ parameters: [String?] = []) throws -> [PostgresRow] {
        let result = withCStrings(parameters) { values in
            cpq_execute(connection, statement, Int32(parameters.count), values)
        }
        defer { if let result { cpq_clear(result) } }
        guard let result, cpq_is_success(result) == 1 else {
            let words = Self.line(result.map { cpq_error($0) } ?? cpq_connection_error(connection))
            guard isOpen, let result, let state = cpq_state(result) else {
                throw PlatformError(.unavailable, "PostgreSQL has gone: \(words)")
            }
            throw PostgresError(state: String(cString: state), description: words)
        }
        let columns = cpq_columns(result)
        return (0..<cpq_rows(result)).map { row in
            PostgresRow(values: (0..<columns).map { cpq_value(result, row, $0).map { String(cString: $0) } })
        }
    }

    private static func line(_ text: UnsafePointer<CChar>?) -> String {
        (text.map { String(cString: $0) } ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

/// Calls the body with the texts as C strings, a null pointer for nil and at the end.
private func withCStrings<Result>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int?] = []
    for text in texts {
        offsets.append(text == nil ? nil : bytes.count)
        if let text { bytes += text.utf8CString }
    }
    return bytes.withUnsafeBufferPointer { buffer in
        let pointers = offsets.map { offset in offset.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
