/// The codes of the message `error`, as PROTOCOL.md explains them.
public enum ErrorCode: String, CaseIterable, Hashable, Sendable {
    /// A line over 1 MiB; its bytes were thrown away.
    case tooLong = "too-long"
    /// A line that is not UTF-8.
    case notUTF8 = "not-utf8"
    /// A line that is not one JSON object.
    case notJSON = "not-json"
    /// A line whose arrays and objects are nested too deeply.
    case tooDeep = "too-deep"
    /// A message of a type that the receiver does not know.
    case unknownType = "unknown-type"
    /// A message with a field that is missing, of the wrong type or out of range.
    case badField = "bad-field"

    /// A peer of another protocol version.
    case wrongVersion = "wrong-version"
    /// An agent or coordinator of another run.
    case wrongRun = "wrong-run"
    /// A catalogue that differs from ours.
    case wrongCatalogue = "wrong-catalogue"
    /// A proof that does not show knowledge of the token.
    case wrongProof = "wrong-proof"
    /// A message that is not allowed now, or not from this side.
    case wrongOrder = "wrong-order"
    /// An order under an epoch that has ended.
    case staleEpoch = "stale-epoch"
    /// A newer connection of the same epoch, or of a later one, has taken this one's place.
    case replaced
    /// Too many broken lines on one connection.
    case tooManyErrors = "too-many-errors"

    /// A lane that the agent does not have.
    case unknownLane = "unknown-lane"
    /// A test that was not offered to the lane, or that the agent's catalogue does not have.
    case unknownTest = "unknown-test"
    /// An attempt that the agent does not know.
    case unknownAttempt = "unknown-attempt"
    /// An artifact that is not there.
    case unknownFile = "unknown-file"

    /// Whether the sender of the code closes the connection after it.
    public var endsConnection: Bool {
        switch self {
        case .wrongVersion, .wrongRun, .wrongCatalogue, .wrongProof, .staleEpoch, .replaced, .tooManyErrors: true
        case .tooLong, .notUTF8, .notJSON, .tooDeep, .unknownType, .badField, .wrongOrder: false
        case .unknownLane, .unknownTest, .unknownAttempt, .unknownFile: false
        }
    }
}

extension Message.ErrorReport {
    /// Describes an error of a known kind.
    public init(_ code: ErrorCode, message: String) { self.init(code: code.rawValue, message: message) }

    /// The answer to a line that is not a message.
    public init(_ line: MalformedLine) { self.init(code: line.code.rawValue, message: line.description) }
}
