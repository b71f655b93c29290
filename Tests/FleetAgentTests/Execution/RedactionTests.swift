import FleetModel
import Testing

@testable import FleetAgent

@Suite("Secrets in results")
struct RedactionTests {
    private let redaction = Redaction([
        "dns": ["secret": "c2VjcmV0", "key-name": "fleet-key", "algorithm": "hmac-sha256", "key-file": "/x/key"],
        "git": ["admin-password": "c2VjcmV0-and-more", "token": "ab"],
    ])

    @Test("values of secrets are replaced everywhere, names of keys, files and very short values stay")
    func everywhere() {
        var result = AttemptResult(
            outcome: .failed, seconds: 1, message: "exit status 1; last output: c2VjcmV0",
            output: BoundedText(head: "c2VjcmV0-and-more fleet-key ab", tail: "xc2VjcmV0x", cutBytes: 7))
        result.failure = Failure(message: "c2VjcmV0", expected: "fleet", actual: "c2VjcmV0")
        result.serviceLogs = [ServiceLog(service: "dns", text: BoundedText(head: "key c2VjcmV0\n"))]
        let clean = redaction.applied(to: result)
        #expect(clean.message == "exit status 1; last output: [secret]")
        #expect(clean.output == BoundedText(head: "[secret] fleet-key ab", tail: "x[secret]x", cutBytes: 7))
        #expect(clean.failure?.message == "[secret]")
        #expect(clean.failure?.expected == "fleet")
        #expect(clean.failure?.actual == "[secret]")
        #expect(clean.serviceLogs.first?.text.head == "key [secret]\n")
    }
}
