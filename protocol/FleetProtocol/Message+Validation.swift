import FleetModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

// Everything that a well-typed line can still get wrong. What passes here can be used without another look: numbers fit
// into counters and clocks, texts into C strings, paths into the directory that they are relative to.

extension Message {
    /// Checks every field against its range.
    func validate() throws(MalformedLine) {
        switch self {
        case .hello(let payload): try payload.validate()
        case .proof(let payload): try Check.hexadecimal(payload.mac, "mac")
        case .ping(let payload), .pong(let payload): try Check.count(payload.number, "number")
        case .shard(let payload): try payload.validate()
        case .start(let payload):
            try Check.order(payload.attempt, payload.epoch)
            try Check.place(lane: payload.lane)
        case .cancel(let payload): try Check.number(payload.attempt.rawValue, "attempt")
        case .acknowledge(let payload): try Check.count(payload.through, "through")
        case .fetch(let payload):
            try Check.number(payload.attempt.rawValue, "attempt")
            try Check.path(payload.path, "path")
        case .environment(let payload): try payload.validate()
        case .started(let payload):
            try Check.order(payload.attempt, payload.epoch)
            try Check.place(lane: payload.lane, slot: payload.slot)
        case .slots(let payload): try payload.validate()
        case .result(let payload): try payload.validate()
        case .chunk(let payload): try payload.validate()
        case .error, .finish, .log, .bye: break
        }
    }
}

extension Message.Hello {
    fileprivate func validate() throws(MalformedLine) {
        try Check.number(version, "version")
        try Check.number(epoch.rawValue, "epoch")
        try Check.hexadecimal(nonce, "nonce")
        try Check.hexadecimal(catalogue, "catalogue")
        guard incarnation.utf8.count <= 128 else { throw .field("incarnation", "has more than 128 bytes") }
    }
}

extension Message.Shard {
    fileprivate func validate() throws(MalformedLine) {
        try Check.place(lane: lane)
        for (index, test) in candidates.enumerated() {
            try Check.candidate(test, "candidates.[\(index)]")
        }
    }
}

extension Message.EnvironmentState {
    fileprivate func validate() throws(MalformedLine) {
        try Check.place(lane: lane)
        try Check.seconds(seconds, "seconds")
        for service in services { try Check.seconds(service.readySeconds, "services.readySeconds") }
    }
}

extension Message.Slots {
    fileprivate func validate() throws(MalformedLine) {
        guard (1...ProtocolVersion.maximumSlots).contains(held.count) else {
            throw .field("held", "has not one number for each lane")
        }
        for count in held { try Check.slots(count, "held") }
        try Check.number(wanted, "wanted")
        try Check.slots(wanted, "wanted")
        guard holders.count <= ProtocolVersion.maximumSlots else { throw .field("holders", "has too many entries") }
        for holder in holders {
            try Check.slots(holder.slots, "holders.slots")
            try Check.seconds(holder.seconds, "holders.seconds")
        }
    }
}

extension Message.Result {
    fileprivate func validate() throws(MalformedLine) {
        try Check.number(sequence, "sequence")
        try Check.order(attempt, epoch)
        try Check.place(lane: lane, slot: slot)
        try Check.seconds(result.seconds, "result.seconds")
        guard result.outcome != .flaky else { throw .field("result.outcome", "is flaky, which no single attempt is") }
        if let line = result.failure?.line { try Check.count(line, "result.failure.line") }
        try Check.count(result.output.cutBytes, "result.output.cutBytes")
        for log in result.serviceLogs { try Check.count(log.text.cutBytes, "result.serviceLogs.text.cutBytes") }
        for artifact in result.artifacts {
            try Check.path(artifact.path, "result.artifacts.path")
            try Check.count(artifact.size, "result.artifacts.size")
            try Check.hexadecimal(artifact.sha256, "result.artifacts.sha256")
        }
    }
}

extension Message.Chunk {
    fileprivate func validate() throws(MalformedLine) {
        try Check.number(attempt.rawValue, "attempt")
        try Check.path(path, "path")
        try Check.count(offset, "offset")
        guard let bytes = Data(base64Encoded: data) else { throw .field("data", "is not base64") }
        guard bytes.count <= ProtocolVersion.maximumChunk else {
            throw .field("data", "has more than \(ProtocolVersion.maximumChunk) bytes")
        }
    }
}
