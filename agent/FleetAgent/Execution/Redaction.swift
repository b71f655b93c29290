import FleetModel

/// Takes the secrets of an environment out of what a test said: results travel into journals and reports.
///
/// A secret that the bounds of an output cut in two, or that a test encodes, is not recognised. Pure.
struct Redaction {
    /// What stands in the place of a secret.
    static let mark = "[secret]"

    private let secrets: [String]

    /// - Parameter credentials: values by service, then by property; names of keys and of files are no secrets.
    init(_ credentials: [String: [String: String]]) {
        let values = credentials.values.flatMap { properties in
            properties.filter { Self.isSecret($0.key) && $0.value.utf8.count >= 6 }.values
        }
        // The longest first: one may be a part of another.
        secrets = Set(values).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    /// The same result without secrets.
    func applied(to result: AttemptResult) -> AttemptResult {
        guard !secrets.isEmpty else { return result }
        var result = result
        result.message = result.message.map(clean)
        result.output = clean(result.output)
        if let failure = result.failure {
            result.failure?.message = clean(failure.message)
            result.failure?.expected = failure.expected.map(clean)
            result.failure?.actual = failure.actual.map(clean)
        }
        for index in result.serviceLogs.indices {
            result.serviceLogs[index].text = clean(result.serviceLogs[index].text)
        }
        result.leaks = result.leaks.map { $0.map(clean) }
        return result
    }

    private func clean(_ text: BoundedText) -> BoundedText {
        BoundedText(head: clean(text.head), tail: clean(text.tail), cutBytes: text.cutBytes)
    }

    private func clean(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: Self.mark)
        }
        return text
    }

    private static func isSecret(_ property: String) -> Bool {
        let last = property.split(separator: "-").last ?? ""
        return ["secret", "password", "token", "key"].contains(last)
    }
}
