import Crypto
import Foundation
import Testing

@testable import PlatformControlCenter

struct LoginPartsTests {
    /// The values of RFC 6238, appendix B (SHA-1), of which authenticators show the last six digits.
    @Test(arguments: [
        (59.0, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ])
    func codesAreThoseOfTheRFC(time: Double, code: String) {
        let totp = TOTP(secret: Data("12345678901234567890".utf8))
        #expect(totp.code(step: TOTP.step(at: time)) == code)
    }

    @Test func codesHoldForANeighbourAndOnce() throws {
        let totp = TOTP.random()
        let code = totp.code(step: 100)
        for step in 99...101 { #expect(totp.step(of: code, at: Double(step) * 30 + 7, after: 0) == 100) }
        #expect(totp.step(of: code, at: 98 * 30, after: 0) == nil)
        #expect(totp.step(of: code, at: 102 * 30, after: 0) == nil)
        #expect(totp.step(of: code, at: 3000, after: 100) == nil)
        #expect(totp.step(of: "", at: 3000, after: 0) == nil)
    }

    @Test func secretsAreTyped() throws {
        let totp = try #require(TOTP(base32: TestControlCenter.mfaSecret))
        #expect(totp.secret == Data("12345678901234567890".utf8) && totp.base32 == TestControlCenter.mfaSecret)
        #expect(TOTP(base32: TestControlCenter.mfaSecret.lowercased() + "==") == totp)
        for text in ["", "GEZDGNBV", "01890189018901890189"] { #expect(TOTP(base32: text) == nil) }
        for _ in 0..<20 {
            let random = TOTP.random()
            #expect(TOTP(base32: random.base32) == random)
        }
    }

    @Test func passwordsAreHashedWithASalt() throws {
        let (first, second) = (try PasswordHash(of: "right"), try PasswordHash(of: "right"))
        #expect(first != second && first.text.hasPrefix("scrypt$16384$8$1$"))
        #expect(try first.matches("right") && !first.matches("wrong") && !first.matches(""))
        #expect(try PasswordHash(kept: first.text).matches("right"))
        #expect(throws: (any Error).self) { try PasswordHash(kept: "plain").matches("plain") }
    }

    @Test func lockOutsDouble() {
        #expect((0...4).allSatisfy { Backoff.seconds(after: $0) == 0 })
        #expect((5...9).map(Backoff.seconds) == [1, 2, 4, 8, 16])
        #expect(
            Backoff.seconds(after: 13) == 256 && Backoff.seconds(after: 14) == 300 && Backoff.seconds(after: 900) == 300
        )
    }
}
