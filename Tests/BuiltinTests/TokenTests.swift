import Crypto
import Foundation
import Testing

@testable import BuiltinHarbor

@Suite struct TokenTests {
    private static func service() throws -> TokenService {
        try TokenService(key: P256.Signing.PrivateKey().rawRepresentation.base64EncodedString())
    }

    private let claims = TokenService.Claims(subject: "ann", access: ["lab/app": ["pull", "push"]])
    private let now = Date(timeIntervalSince1970: 1_759_739_400)

    @Test func aTokenSaysWhatItWasMadeFor() throws {
        let service = try Self.service()
        let found = try #require(service.claims(try service.token(claims, now: now), now: now))
        #expect(found.subject == "ann")
        #expect(found.access == ["lab/app": ["pull", "push"]])
    }

    @Test func whatIsNotSignedByUsIsWorthNothing() throws {
        let service = try Self.service()
        let token = try service.token(claims, now: now)
        #expect(try Self.service().claims(token, now: now) == nil)
        let parts = token.split(separator: ".").map(String.init)
        let payload = Data(
            #"{"iss":"harbor-token-issuer","aud":"harbor-registry","sub":"admin","exp":9999999999}"#.utf8)
        let forged = payload.base64EncodedString().replacing("=", with: "")
        for other in [
            "\(parts[0]).\(forged).\(parts[2])", "\(parts[0]).\(forged).", "eyJhbGciOiJub25lIn0.\(forged).", "",
            "a.b.c",
            parts[0] + "." + parts[1],
        ] { #expect(service.claims(other, now: now) == nil, "\(other)") }
    }

    @Test func aTokenExpires() throws {
        let service = try Self.service()
        let token = try service.token(claims, now: now)
        #expect(service.claims(token, now: now.addingTimeInterval(Double(TokenService.lifetime) - 1)) != nil)
        #expect(service.claims(token, now: now.addingTimeInterval(Double(TokenService.lifetime))) == nil)
    }
}
