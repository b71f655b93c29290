import FleetModel
import FleetProtocol

/// What a coordinator makes of an agent's lines after the greeting: lines in, actions out. Pure but for the ledger.
struct ConversationState {
    /// What the shell has to do, in order.
    enum Action {
        /// Answer the agent.
        case reply(Message)
        /// Tell the run.
        case tell(Conversation.Event)
        /// The agent has torn down; what it could not remove.
        case farewell(leftovers: [String])
        /// The connection is of no use any more.
        case end(LinkError)
    }

    /// How many lines that are no messages an agent may send, as PROTOCOL.md says.
    static let brokenLineLimit = 100

    let incarnation: String
    let ledger: ResultLedger
    private var brokenLines = 0

    init(incarnation: String, ledger: ResultLedger) {
        self.incarnation = incarnation
        self.ledger = ledger
    }

    /// Takes the next line.
    mutating func received(_ line: LineDecoder.Line) -> [Action] {
        do throws(RefusedLine) {
            return try take(try line.message())
        } catch {
            brokenLines += 1
            guard brokenLines >= Self.brokenLineLimit else { return [.reply(.error(error.report))] }
            let text = "of what its agent sent, \(brokenLines) lines were no messages"
            return [.reply(.error(error.report)), .end(LinkError(.untrustworthy, text))]
        }
    }

    private func take(_ message: Message) throws(RefusedLine) -> [Action] {
        switch message {
        case .ping(let ping): return [.reply(.pong(ping))]
        case .pong: return []
        case .bye(let bye):
            guard let person = bye.evictedBy else {
                return [.tell(.kept(bye.kept)), .farewell(leftovers: bye.leftovers)]
            }
            return [.end(LinkError(evictedBy: person))]
        case .result(let result):
            switch ledger.arrived(result.sequence, of: incarnation) {
            case .new: return [.tell(.result(result))]
            case .repeated(let safe): return [.reply(.acknowledge(.init(through: safe)))]
            case .afterGap(let last):
                let text = "its results \(last + 1) to \(result.sequence - 1) never arrived"
                return [.tell(.result(result)), .end(LinkError(.resultsLost, text))]
            }
        case .environment, .started, .slots, .log, .error: return [.tell(.message(message))]
        case .hello, .proof, .shard, .start, .cancel, .acknowledge, .finish, .fetch, .chunk:
            throw RefusedLine(.wrongOrder, "this message has no place on a control connection")
        }
    }
}

/// A line that is answered by an error.
private struct RefusedLine: Error {
    var report: Message.ErrorReport

    init(_ code: ErrorCode, _ message: String) { report = Message.ErrorReport(code, message: message) }
    init(_ line: MalformedLine) { report = Message.ErrorReport(line) }
}

extension LineDecoder.Line {
    /// The message of the line.
    fileprivate func message() throws(RefusedLine) -> Message {
        guard case .bytes(let bytes) = self else {
            throw RefusedLine(.tooLong, "a line has more than \(ProtocolVersion.maximumLineLength) bytes")
        }
        do { return try MessageCoder().decode(bytes) } catch { throw RefusedLine(error) }
    }
}
