import Testing

@testable import FleetSSH

@Suite("Which keys are offered, and in which order")
struct KeyOrderTests {
    private func blob(_ name: String, kind: String) -> [UInt8] {
        func string(_ text: String) -> [UInt8] { [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }
        return string(kind) + string(name)
    }

    private func agent(_ name: String, kind: String = "ssh-ed25519") -> AgentIdentity {
        AgentIdentity(blob: blob(name, kind: kind), comment: name)
    }

    private func file(
        _ name: String, _ form: KeyText.Form = .plain, kind: String = "ssh-ed25519"
    ) -> Result<KeyFile, KeyFile.Fault> {
        let blob = blob(name, kind: kind)
        let finding = KeyText.Finding(form: form, kind: kind, publicBlob: blob)
        return .success(KeyFile(path: name, bytes: [], finding: finding, publicBlob: blob))
    }

    private func absent(_ name: String) -> Result<KeyFile, KeyFile.Fault> {
        .failure(KeyFile.Fault(message: "\(name) does not exist", advice: "make it", isAbsence: true))
    }

    private func plan(
        _ files: [Result<KeyFile, KeyFile.Fault>], named: Bool = true, agent: [AgentIdentity] = [],
        only: Bool = false, signsRSA: Bool = false, needed: Bool = true
    ) throws -> KeyOrder.Plan {
        try KeyOrder(
            files: files, areNamed: named, mustBeUsable: needed, agentKeys: agent, identitiesOnly: only,
            signsRSA: signsRSA
        ).plan()
    }

    @Test("A named file comes first, from the agent when it holds the key; then the agent's others")
    func namedFirst() throws {
        let held = [agent("x"), agent("y"), agent("mine")]
        #expect(try plan([file("mine", .encrypted)], agent: held).choices == [2, 0, 1].map { .agent(held[$0]) })
        #expect(try plan([file("mine", .publicHalf)], agent: held).choices == [2, 0, 1].map { .agent(held[$0]) })
        #expect(try plan([file("new")], agent: [held[0]]).choices == [.file(0), .agent(held[0])])
    }

    @Test("IdentitiesOnly leaves out what no file names")
    func only() throws {
        let held = [agent("x"), agent("mine")]
        #expect(try plan([file("mine")], agent: held, only: true).choices == [.agent(held[1])])
    }

    @Test("A named file that is of no use is an error, one of the usual files is a remark")
    func unusable() throws {
        #expect(throws: KeyFile.Fault.self) { try plan([file("half", .publicHalf)]) }
        #expect(throws: KeyFile.Fault.self) { try plan([absent("gone")]) }
        #expect(try plan([absent("gone"), file("b")], named: false).remarks.isEmpty)
        let nothing = try plan([absent("gone")], named: false)
        #expect(nothing.choices.isEmpty && nothing.remarks == ["gone does not exist"])
        let half = try plan([file("half", .publicHalf), file("b")], named: false)
        #expect(half.choices == [.file(1)] && half.remarks.count == 1)
    }

    @Test(
        "A file that the configuration names and that is of no use is passed over with a remark while there is another")
    func passedOver() throws {
        let other = try plan([file("half", .publicHalf), file("b")], needed: false)
        #expect(other.choices == [.file(1)] && other.remarks.count == 1)
        let agents = try plan([file("half", .publicHalf)], agent: [agent("x")], needed: false)
        #expect(agents.choices == [.agent(agent("x"))] && agents.remarks.count == 1)
        #expect(throws: KeyFile.Fault.self) { try plan([file("half", .publicHalf)], needed: false) }
        let none = try plan([file("half", .publicHalf), absent("gone")], needed: false)
        #expect(none.choices.isEmpty && none.remarks.count == 2)
    }

    @Test("A passphrase is asked for when the file was named, or when there is nothing else")
    func passphrase() throws {
        #expect(try plan([file("a", .encrypted), file("b")]).choices == [.unlock(0), .file(1)])
        let other = try plan([file("a", .encrypted), file("b")], named: false)
        #expect(other.choices == [.file(1)])
        #expect(other.remarks.first?.contains("passphrase") == true)
        #expect(try plan([file("a", .encrypted)], named: false).choices == [.unlock(0)])
    }

    @Test("RSA keys come last where libssh2 is too old for them, and in their place where it is not")
    func rsa() throws {
        let old = agent("old", kind: "ssh-rsa")
        let new = agent("new")
        #expect(try plan([], named: false, agent: [old, new]).choices == [.agent(new), .agent(old)])
        #expect(try plan([], named: false, agent: [old, new], signsRSA: true).choices == [.agent(old), .agent(new)])
        let files = [file("r", kind: "ssh-rsa"), file("e")]
        #expect(try plan(files).choices == [.file(1), .file(0)])
    }

    @Test("Certificates and security keys of the agent are left out")
    func foreignKinds() throws {
        let held = [
            agent("a", kind: "sk-ssh-ed25519@openssh.com"), agent("b", kind: "ssh-ed25519-cert-v01@openssh.com"),
        ]
        #expect(try plan([], named: false, agent: held).choices.isEmpty)
    }
}
