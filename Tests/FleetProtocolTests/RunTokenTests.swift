import FleetProtocol
import Testing

@Suite("The run's token")
struct RunTokenTests {
    private static let text = String(repeating: "0123456789abcdef", count: 4)
    private static let nonce = String(repeating: "a1", count: 32)

    @Test("the proof is the HMAC that PROTOCOL.md gives as an example")
    func knownValue() throws {
        let token = try #require(RunToken(hexadecimal: Self.text))
        #expect(
            token.proof(of: Self.nonce, by: .coordinator)
                == "a4919040ebea0507a6d699ec5dba21524db8fe615efaebf4e61b5aa2e297c3b0")
        #expect(
            token.proof(of: Self.nonce, by: .agent)
                == "e100a8251c4cfa2b20b3fa7e46ac040a7129f5c1036757ee4d4ee342815fa286")
    }

    @Test("a proof holds for its nonce, its role and its token only")
    func verification() throws {
        let token = RunToken()
        let nonce = RunToken.makeNonce()
        let proof = token.proof(of: nonce, by: .agent)
        #expect(token.verifies(proof, of: nonce, by: .agent))
        #expect(!token.verifies(proof, of: nonce, by: .coordinator))
        #expect(!token.verifies(proof, of: RunToken.makeNonce(), by: .agent))
        #expect(!RunToken().verifies(proof, of: nonce, by: .agent))
        #expect(!token.verifies("", of: nonce, by: .agent))
        #expect(!token.verifies(proof.uppercased(), of: nonce, by: .agent))
    }

    @Test("a token survives being handed over, and hides itself")
    func handOver() throws {
        let token = RunToken()
        let copy = try #require(RunToken(hexadecimal: token.hexadecimal))
        let nonce = RunToken.makeNonce()
        #expect(copy.proof(of: nonce, by: .agent) == token.proof(of: nonce, by: .agent))
        #expect(!"\(token)".contains(token.hexadecimal))
        #expect(!String(reflecting: token).contains(token.hexadecimal))
    }

    @Test(
        "what is not a token is refused", arguments: ["", "ab", text + "00", text.uppercased(), "g" + text.dropFirst()])
    func refused(text: String) { #expect(RunToken(hexadecimal: text) == nil) }

    @Test("bytes become digits and come back")
    func hexadecimal() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
        #expect(Hexadecimal.encode([0, 15, 255]) == "000fff")
        #expect(Hexadecimal.decode("0") == nil)
        #expect(Hexadecimal.decode("0G") == nil)
        #expect(Hexadecimal.decode("") == [])
    }
}
