import FleetModel
public import NIOCore

// Messages whose size depends on what people wrote or tests printed: they are made to fit into lines.

extension MessageCoder {
    /// The lines of an offer: one `shard`, or several with some of the candidates each when one line cannot hold all.
    ///
    /// - Throws: `MalformedLine` when a single candidate does not fit into a line.
    public func encode(offer shard: Message.Shard) throws -> [ByteBuffer] {
        // Room for the other fields of the message.
        let room = ProtocolVersion.maximumLineLength - 4096
        var lines: [ByteBuffer] = []
        var part = Message.Shard(lane: shard.lane, environment: shard.environment, candidates: [])
        var size = 0
        for candidate in shard.candidates {
            let length = try Self.json(candidate).count + 1
            if !part.candidates.isEmpty, size + length > room {
                lines.append(try encode(.shard(part)))
                part.candidates = []
                size = 0
            }
            part.candidates.append(candidate)
            size += length
        }
        lines.append(try encode(.shard(part)))
        return lines
    }

    /// The line of a result; texts that would make it too long lose their middles, lists that would lose their ends.
    ///
    /// A result always has a line: a test can print what it wants, its outcome is still told.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    public func encode(fitting result: Message.Result) throws -> ByteBuffer {
        var budget = ProtocolVersion.maximumLineLength / 4
        var shorter = result
        while true {
            do {
                return try encode(.result(shorter))
            } catch let error as MalformedLine {
                guard budget >= 64 else { throw error }
                shorter.result = result.result.limited(to: budget)
                budget /= 4
            }
        }
    }
}

extension AttemptResult {
    /// The same result with every text in at most `limit` bytes and lists of at most 64 entries, or 1,024 for files.
    fileprivate func limited(to limit: Int) -> AttemptResult {
        func short(_ text: String) -> String { BoundedText(head: text).limited(to: limit).text }
        var result = self
        result.message = message.map(short)
        result.failure = failure.map { failure in
            Failure(
                message: short(failure.message), expected: failure.expected.map(short),
                actual: failure.actual.map(short), file: failure.file.map(short), line: failure.line)
        }
        result.output = output.limited(to: limit)
        result.artifacts = Array(artifacts.prefix(min(1024, limit / 8)))
        result.serviceLogs = serviceLogs.prefix(min(64, limit / 8)).map { log in
            ServiceLog(service: short(log.service), text: log.text.limited(to: limit))
        }
        result.leaks = leaks.map { $0.prefix(min(64, limit / 8)).map(short) }
        return result
    }
}
