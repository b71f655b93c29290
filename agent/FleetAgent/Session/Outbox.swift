import FleetSystem
import NIOCore

/// A file that is sent in pieces.
struct OutgoingFile: Hashable, Sendable {
    var attempt: Int
    /// Its name in the protocol.
    var name: String
    /// Where it is on disk.
    var path: String
    var size: Int
}

/// What waits to be written to one connection. Pure.
///
/// Lines and files leave in the order in which they came, before results. Results are named by number only and read
/// from the spool when their turn comes, so that a peer that does not read costs no memory.
struct Outbox {
    /// What to write next.
    enum Next: Equatable {
        case line(ByteBuffer)
        case file(OutgoingFile)
        case result(Int)
        case close
        case wait
    }

    private enum Item {
        case line(ByteBuffer)
        case file(OutgoingFile)
        case result(Int)
        case close
    }

    /// How many lines may wait before the peer counts as stuck.
    static let limit = 8192

    private var items: [Item] = []
    private var head = 0
    private var lastLine: ByteBuffer?
    private var isClosing = false
    /// The last result that was written, once results may be written at all.
    private var sentThrough: Int?

    var count: Int { items.count - head }

    /// - Returns: whether there was room.
    mutating func add(line: ByteBuffer) -> Bool { add(.line(line)) }
    mutating func add(file: OutgoingFile) -> Bool { add(.file(file)) }
    mutating func add(resend sequence: Int) -> Bool { add(.result(sequence)) }

    /// From now on results after this number are written as well.
    mutating func replay(after sequence: Int) { sentThrough = sequence }

    /// Close when everything that came before is written.
    mutating func addClose() {
        isClosing = true
        items.append(.close)
    }

    /// Write this after all results, then close.
    mutating func finish(with line: ByteBuffer) { lastLine = line }

    /// Takes what comes next.
    ///
    /// - Parameter spooled: the number of the last result in the spool.
    mutating func next(spooled: Int) -> Next {
        if head < items.count { return takeItem() }
        if let sent = sentThrough, sent < spooled {
            sentThrough = sent + 1
            return .result(sent + 1)
        }
        if let line = lastLine {
            lastLine = nil
            addClose()
            return .line(line)
        }
        return .wait
    }

    private mutating func add(_ item: Item) -> Bool {
        guard !isClosing else { return true }
        guard count < Self.limit else { return false }
        items.append(item)
        return true
    }

    private mutating func takeItem() -> Next {
        let item = items[head]
        head += 1
        if head > 1024 || head == items.count {
            items.removeFirst(head)
            head = 0
        }
        switch item {
        case .line(let line): return .line(line)
        case .file(let file): return .file(file)
        case .result(let sequence): return .result(sequence)
        case .close: return .close
        }
    }
}

/// An outbox that one task fills and another empties.
final class SharedOutbox: Sendable {
    private let box = Locked(Outbox())
    private let wake: AsyncStream<Void>.Continuation
    /// Yields when there may be something to write.
    let changes: AsyncStream<Void>

    init() {
        (changes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Changes the outbox and wakes the writer.
    func update<Value>(_ body: (inout Outbox) -> Value) -> Value {
        let value = box.withLock(body)
        wake.yield()
        return value
    }

    /// Wakes the writer: the spool has grown.
    func poke() { wake.yield() }

    /// Ends the writer at once.
    func abandon() { wake.finish() }

    func next(spooled: Int) -> Outbox.Next { box.withLock { $0.next(spooled: spooled) } }
}
