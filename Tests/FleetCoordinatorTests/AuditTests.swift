import FleetModel
import Testing

@testable import FleetCoordinator

/// What an audit makes of two moments.
struct AuditTests {
    private func snapshot(_ items: [HostSnapshot.Item], boot: String = "a") -> HostSnapshot {
        HostSnapshot(boot: boot, items: items)
    }

    private func item(_ kind: HostSnapshot.Kind, _ key: String, isOurs: Bool = false) -> HostSnapshot.Item {
        HostSnapshot.Item(kind: kind, key: key, text: "this is \(key)", isOurs: isOurs)
    }

    @Test func whatWasThereBeforeIsNotTold() {
        let before = snapshot([item(.process, "7 100"), item(.file, "/tmp/a"), item(.mount, "1 /")])
        let same = AuditComparison(before: before, now: before)
        #expect(same.isClean && same.stayed.isEmpty && same.gone.isEmpty)
    }

    @Test(arguments: HostSnapshot.Kind.allCases)
    func everyKindOfThingThatStayedIsTold(kind: HostSnapshot.Kind) {
        let comparison = AuditComparison(before: snapshot([]), now: snapshot([item(kind, "x")]))
        #expect(comparison.stayed == ["\(kind.rawValue): this is x"] && !comparison.isClean)
    }

    @Test func theSameProcessNumberOfAnotherProcessIsNew() {
        let before = snapshot([item(.process, "7 100")])
        #expect(AuditComparison(before: before, now: snapshot([item(.process, "7 200")])).stayed.count == 1)
    }

    @Test func whatARunMustLeaveAloneIsMissed() {
        let kinds: [HostSnapshot.Kind] = [.mount, .interface, .timer, .account]
        let before = snapshot((kinds + [.process, .socket, .file]).map { item($0, "x") })
        let comparison = AuditComparison(before: before, now: snapshot([]))
        #expect(comparison.gone.sorted() == kinds.map { "\($0.rawValue): this is x" }.sorted())
        #expect(!comparison.isClean)
    }

    @Test func afterARestartOnlyFilesCount() {
        let now = [
            item(.process, "1 1"), item(.mount, "1 /"), item(.file, "/tmp/a"), item(.process, "2", isOurs: true),
        ]
        let comparison = AuditComparison(before: snapshot([item(.mount, "9 /")]), now: snapshot(now, boot: "b"))
        #expect(comparison.stayed == ["process: this is 2", "file: this is /tmp/a"] && comparison.gone.isEmpty)
    }

    @Test func withoutASnapshotOnlyOursCounts() {
        let now = snapshot([item(.process, "1"), item(.file, "/w/sessions", isOurs: true)])
        #expect(AuditComparison(now: now).stayed == ["file: this is /w/sessions"])
    }

    @Test func theFileIsReadBackAndNoOtherIsTaken() throws {
        try TemporaryFolder.with { folder in
            let snapshot = AuditSnapshot(time: "now", hosts: ["h": snapshot([item(.file, "/tmp/ä")])])
            let file = try folder.write("before.json", try snapshot.encoded())
            #expect(try AuditSnapshot.load(file) == snapshot)
            for text in ["", "{}", "hosts.txt"] {
                let other = try folder.write("other", text)
                let error = #expect(throws: InputErrors.self) { try AuditSnapshot.load(other) }
                #expect(error?.description.contains("--save") == true)
            }
        }
    }
}
