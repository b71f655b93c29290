import NIOCore
import Testing

@testable import FleetSSH

@Suite("What an ssh-agent says")
struct AgentAnswerTests {
    private func string(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
    }

    private func identities(_ count: UInt32, _ rest: [UInt8]) -> [UInt8] {
        [12] + withUnsafeBytes(of: count.bigEndian) { Array($0) } + rest
    }

    @Test("Its keys are read with their comments, whatever these hold")
    func keys() throws {
        let blob = string(Array("ssh-ed25519".utf8)) + string([1, 2, 3])
        let body = identities(2, string(blob) + string(Array("me\u{1b}[2J".utf8)) + string(blob) + string([0xff]))
        let keys = try AgentAnswer.identities(body)
        #expect(keys.map(\.kind) == ["ssh-ed25519", "ssh-ed25519"])
        #expect(keys[0].comment == "me?[2J")
        #expect(try AgentAnswer.identities(identities(0, [])).isEmpty)
    }

    @Test(
        "What is no list of keys is nonsense, never a crash",
        arguments: [
            [], [12], [12, 0, 0, 0, 1], [14, 0, 0, 0, 0], [12, 0xff, 0xff, 0xff, 0xff],
            [12, 0, 0, 0, 1, 0, 0, 0, 9, 1],
            [12, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 1],
        ] as [[UInt8]])
    func nonsense(body: [UInt8]) {
        #expect(throws: AgentFailure.nonsense) { try AgentAnswer.identities(body) }
    }

    @Test("A refusal is told as one", arguments: [5, 30, 102] as [UInt8])
    func refusal(code: UInt8) {
        #expect(throws: AgentFailure.refused) { try AgentAnswer.identities([code]) }
        #expect(throws: AgentFailure.refused) { try AgentAnswer.signature([code], algorithm: "ssh-ed25519") }
    }

    @Test("A signature comes without its algorithm, which must be the one that was asked for")
    func signature() throws {
        let body = [14] + string(string(Array("ssh-ed25519".utf8)) + string([7, 8, 9]))
        #expect(try AgentAnswer.signature(body, algorithm: "ssh-ed25519") == [7, 8, 9])
        #expect(throws: AgentFailure.self) { try AgentAnswer.signature(body, algorithm: "rsa-sha2-512") }
        for end in 0..<body.count {
            #expect(throws: AgentFailure.nonsense) {
                try AgentAnswer.signature(Array(body[..<end]), algorithm: "ssh-ed25519")
            }
        }
    }

    @Test("The algorithm is found in what is to be signed, and decides the flags")
    func algorithm() {
        var data = ByteBuffer()
        data.writeSSHString([9, 9])
        data.writeInteger(UInt8(50))
        for word in ["user", "ssh-connection", "publickey"] { data.writeSSHString(Array(word.utf8)) }
        data.writeInteger(UInt8(1))
        data.writeSSHString(Array("rsa-sha2-256".utf8))
        #expect(LoginRequest.algorithm(of: Array(buffer: data)) == "rsa-sha2-256")
        #expect(LoginRequest.algorithm(of: [1, 2, 3]) == nil)
        #expect(["ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512"].map(AgentRequest.flags) == [0, 2, 4])
    }
}
