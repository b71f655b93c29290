/// A witness of what happened to the zone, whoever says what: the server itself, asked over the DNS protocol.
extension KnotServer {
    /// An address that a name got, or lost.
    public struct AddressChange: Sendable, Hashable {
        /// The name, without a final dot.
        public let name: String
        /// The address.
        public let address: String
        /// Whether the name got it.
        public let isAddition: Bool
    }

    /// The addresses of each name now, from a transfer of the whole zone. Throws when there is none.
    public func addresses() async throws -> [String: [String]] {
        let records = try await transfer("AXFR")
        guard records.count(where: { $0[3] == "SOA" }) == 2 else {
            throw TestServiceError("the transfer of \(zone) is not whole")
        }
        return Dictionary(grouping: records.filter { $0[3] == "A" }, by: { Self.name($0[0]) }).mapValues {
            $0.map { $0[4] }
        }
    }

    /// Every change of an address since the server's first start, the oldest first, from an incremental transfer (RFC 1995).
    ///
    /// Throws when the server has forgotten some of them: then it answers with the whole zone.
    public func history() async throws -> [AddressChange] {
        let records = try await transfer("IXFR=1")
        // A zone that never changed answers with its SOA alone.
        guard records.count > 1 else { return [] }
        guard records.count(where: { $0[3] == "SOA" }) > 2, records[1][3] == "SOA" else {
            throw TestServiceError("\(zone) has no history from its first version on")
        }
        var changes: [AddressChange] = []
        // Each SOA after the first begins a list: what was removed, then what was added, and so on.
        var isAddition = true
        for record in records.dropFirst() {
            if record[3] == "SOA" { isAddition.toggle() }
            if record[3] == "A" {
                changes.append(AddressChange(name: Self.name(record[0]), address: record[4], isAddition: isAddition))
            }
        }
        return changes
    }

    /// The records of a transfer in their order: name, TTL, class, type and the words of the data.
    private func transfer(_ kind: String) async throws -> [[String]] {
        let text = try await Self.kdig(port, [zone, kind], timeout: 10, keeps: 64 << 20)
        return text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix(";") }
            .map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }.filter { $0.count >= 5 }
    }

    private static func name(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
}
