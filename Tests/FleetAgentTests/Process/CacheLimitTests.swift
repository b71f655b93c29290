import FleetSystem
import Foundation
import Testing

@testable import FleetAgent

@Suite("The cache of programs and suites is bounded")
struct CacheLimitTests {
    private func entry(_ name: String, _ bytes: Int, _ lastUse: Double, isTorn: Bool = false) -> CacheLimit.Entry {
        CacheLimit.Entry(name: name, bytes: bytes, lastUse: lastUse, isTorn: isTorn)
    }

    @Test("what was used longest ago goes, by number and by size")
    func leastRecentlyUsed() {
        let entries = [entry("a", 10, 1), entry("b", 10, 4), entry("c", 10, 3), entry("d", 10, 2)]
        let few = CacheLimit.expendable(entries, bound: .init(count: 2, bytes: 1000), before: 100)
        #expect(few == ["d", "a"])
        let small = CacheLimit.expendable(entries, bound: .init(count: 9, bytes: 35), before: 100)
        #expect(small == ["a"])
        #expect(CacheLimit.expendable(entries, bound: .init(count: 4, bytes: 40), before: 100).isEmpty)
    }

    @Test("what somebody may still want stays, whatever the bound")
    func inUse() {
        let entries = [entry("old", 10, 1), entry("recent", 10, 50), entry("torn", 1, 2, isTorn: true)]
        #expect(CacheLimit.expendable(entries, bound: .init(count: 0, bytes: 0), before: 50) == ["torn", "old"])
        #expect(CacheLimit.expendable(entries, bound: .init(count: 9, bytes: 99), before: 50) == ["torn"])
        #expect(CacheLimit.expendable(entries, bound: .init(count: 9, bytes: 99), before: 0).isEmpty)
    }

    /// A working directory with six bundles and six packs, the first used six days ago, the last one day ago.
    private func with(_ body: (String) async throws -> Void) async throws {
        try await withWorkdir("cache") { workdir in
            for number in 1...6 {
                let bundle = "\(workdir)/bundles/\(digest(number))"
                try FileManager.default.createDirectory(atPath: bundle, withIntermediateDirectories: true)
                try FileManager.default.createDirectory(atPath: "\(workdir)/packs", withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: "\(bundle)/agent")
                try Data(repeating: 1, count: 1000).write(to: URL(filePath: "\(workdir)/packs/\(digest(number)).tar"))
                for path in ["\(bundle)/agent", bundle, "\(workdir)/packs/\(digest(number)).tar"] {
                    try age(path, days: Double(7 - number))
                }
            }
            try await body(workdir)
        }
    }

    /// The name of a bundle or suite: 64 digits.
    private func digest(_ number: Int) -> String { String(repeating: "\(number)", count: 64) }

    private func age(_ path: String, days: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -86_400 * days)], ofItemAtPath: path)
    }

    private func names(_ workdir: String, _ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(workdir)/\(folder)").sorted()
    }

    @Test("nobody is there: the bound holds")
    func idle() async throws {
        try await with { workdir in
            let limit = CacheLimit(
                workdir: workdir, bundles: .init(count: 2, bytes: 1 << 30), packs: .init(count: 6, bytes: 3500))
            #expect(limit.apply().isEmpty)
            let (bundles, packs) = (try names(workdir, "bundles"), try names(workdir, "packs"))
            #expect(bundles == [5, 6].map(digest) && packs == [4, 5, 6].map { "\(digest($0)).tar" })
        }
    }

    @Test("a bundle that a process runs from stays, and so does what a living session found there")
    func living() async throws {
        try await with { workdir in
            let process = try Spawner.spawn(
                ProcessSpecification(executable: "\(workdir)/bundles/\(digest(1))/agent", arguments: ["60"]))
            // A session that began three days ago and lives: all that was used since then is its, less an hour.
            try FileManager.default.createDirectory(
                atPath: "\(workdir)/sessions/run-1", withIntermediateDirectories: true)
            let lock = try #require(try FileLock.acquire("\(workdir)/sessions/run-1/lock"))
            try age("\(workdir)/sessions/run-1/lock", days: 3)
            let limit = CacheLimit(
                workdir: workdir, bundles: .init(count: 1, bytes: 0), packs: .init(count: 0, bytes: 0))
            #expect(limit.apply().isEmpty)
            #expect(try names(workdir, "bundles") == [1, 4, 5, 6].map(digest))
            #expect(try names(workdir, "packs") == [4, 5, 6].map { "\(digest($0)).tar" })
            lock.release()
            _ = await process.end(grace: .zero)
            #expect(limit.apply().isEmpty)
            #expect(try names(workdir, "bundles").isEmpty && names(workdir, "packs").isEmpty)
        }
    }

    @Test("a set of programs is as large as all that is in it, at any depth")
    func deep() async throws {
        try await with { workdir in
            let user = "\(workdir)/bundles/\(digest(6))/user"
            try FileManager.default.createDirectory(atPath: user, withIntermediateDirectories: true)
            try Data(count: 1 << 20).write(to: URL(filePath: "\(user)/platform"))
            for path in ["\(user)/platform", user, "\(workdir)/bundles/\(digest(6))"] { try age(path, days: 1) }
            let limit = CacheLimit(workdir: workdir, bundles: .init(count: 6, bytes: 1 << 20))
            #expect(limit.apply().isEmpty)
            #expect(try !names(workdir, "bundles").contains(digest(6)), "it alone is larger than all may be")
        }
    }

    @Test("what has another name is somebody else's and stays, however old")
    func strangers() async throws {
        try await with { workdir in
            let (folder, file) = ("\(workdir)/bundles/holiday", "\(workdir)/packs/photos.tar")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(repeating: 1, count: 1000).write(to: URL(filePath: file))
            for path in [folder, file] { try age(path, days: 30) }
            let none = CacheLimit.Bound(count: 0, bytes: 0)
            #expect(CacheLimit(workdir: workdir, bundles: none, packs: none).apply().isEmpty)
            let (bundles, packs) = (try names(workdir, "bundles"), try names(workdir, "packs"))
            #expect(bundles == ["holiday"] && packs == ["photos.tar"])
        }
    }

    @Test("an agent that starts tidies up")
    func agentTidies() async throws {
        try await with { workdir in
            let options = ["--run", "tidy", "--epoch", "1", "--workdir", workdir, "--grace", "1"]
            let token = String(repeating: "ab", count: 32) + "\n"
            let end = try await TestAgent.run(["serve"] + options, input: token)
            #expect(end.status == .exited(0), "\(end)")
            #expect(try names(workdir, "bundles") == [3, 4, 5, 6].map(digest) + ["lock", "slots"])
            let swept = try await TestAgent.run(["sweep", "--workdir", workdir, "--all"])
            #expect(swept.status == .exited(0), "\(swept)")
        }
    }
}
