import FleetSystem
import FleetTestSupport
import Foundation
import Logging
import PlatformService
import Testing

@testable import PlatformExtensions

struct CacheTests {
    @Test func lruKeepsWhatWasUsedLast() {
        var cache = LRUCache<Int, String>(capacity: 100)
        for number in 0..<100 { #expect(cache.insert("\(number)", for: number).isEmpty) }
        #expect(cache.use(0) == "0" && cache.peek(1) == "1")
        #expect(cache.insert("new", for: 100) == ["1"])
        #expect(cache.count == 100 && cache.use(1) == nil && cache.newestFirst.prefix(2) == ["new", "0"])
        #expect(cache.insert("again", for: 0).isEmpty && cache.use(0) == "again" && cache.remove(0) == "again")
        #expect(cache.count == 99)
    }

    @Test(arguments: 1...20) func lruDoesWhatAListDoes(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var cache = LRUCache<Int, Int>(capacity: 5)
        var list: [Int] = []
        for _ in 0..<200 {
            let key = Int.random(in: 0..<9, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                #expect(cache.remove(key) == (list.contains(key) ? key : nil))
                list.removeAll { $0 == key }
            case 1:
                #expect(cache.use(key) == (list.contains(key) ? key : nil))
                if list.contains(key) { list = list.filter { $0 != key } + [key] }
            default:
                list = list.filter { $0 != key } + [key]
                #expect(cache.insert(key, for: key) == list.dropLast(5))
                list = list.suffix(5)
            }
            #expect(cache.newestFirst == list.reversed())
        }
    }

    @Test func memoryThenDiskThenSource() async throws {
        try await CacheFixture.with { fixture in
            try fixture.source.add("etcd", "3.5.0")
            #expect(try await fixture.origin("etcd", "3.5.0") == .source)
            #expect(try await fixture.origin("etcd", "3.5.0") == .memory)
            let again = try fixture.restarted()
            #expect(try await again.origin("etcd", "3.5.0") == .cache)
            #expect(try await again.origin("etcd", "3.5.0") == .memory)
            let statistics = await again.cache.statistics
            #expect(statistics.entries == 1 && statistics.diskHits == 1 && statistics.memoryHits == 1)
            #expect(statistics.downloads == 0 && statistics.bytes > 100 && statistics.misses == 0)
            #expect(fixture.source.downloads == ["etcd 3.5.0"])
        }
    }

    @Test func aDamagedArchiveIsFetchedAgain() async throws {
        try await CacheFixture.with { fixture in
            try fixture.source.add("etcd", "3.5.0")
            let first = try await fixture.fetch("etcd", "3.5.0")
            var bytes = try AtomicFile.read(first.path)
            bytes[bytes.count / 2] ^= 1
            try AtomicFile.write(bytes, to: first.path)
            #expect(try await fixture.origin("etcd", "3.5.0") == .source)
            #expect(try Digest(ofFile: first.path) == first.archive.checksum)
            #expect(await fixture.cache.statistics.damaged == 1)

            // Also when it happened while nobody ran, and when it is gone.
            try AtomicFile.write(bytes, to: first.path)
            #expect(try await fixture.restarted().origin("etcd", "3.5.0") == .source)
            try FileManager.default.removeItem(atPath: first.path)
            #expect(try await fixture.restarted().origin("etcd", "3.5.0") == .source)
        }
    }

    @Test func theOldestGoesAndTheOrderSurvives() async throws {
        try await CacheFixture.with(capacity: 3) { fixture in
            for text in ["1.0.0", "2.0.0", "3.0.0", "4.0.0"] { try fixture.source.add("a", text) }
            for text in ["1.0.0", "2.0.0", "3.0.0", "1.0.0"] { _ = try await fixture.fetch("a", text) }
            let second = try await fixture.fetch("a", "2.0.0").path
            _ = try await fixture.fetch("a", "1.0.0")
            let again = try fixture.restarted()
            _ = try await again.fetch("a", "4.0.0")
            #expect(await again.cache.archives.map { "\($0.key.version)" }.contains("3.0.0") == false)
            #expect(await again.cache.archives.count == 3)
            #expect(FileManager.default.fileExists(atPath: second))
            #expect(!FileManager.default.fileExists(atPath: second.replacing("2.0.0", with: "3.0.0")))
            #expect(await again.cache.statistics.evictions == 1)
        }
    }

    @Test func whoComesWhileItIsDownloadedWaitsForIt() async throws {
        try await CacheFixture.with { fixture in
            try fixture.source.add("etcd", "3.5.0")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<10 { tasks.addTask { _ = try await fixture.fetch("etcd", "3.5.0") } }
                try await tasks.waitForAll()
            }
            #expect(fixture.source.downloads.count == 1)
        }
    }

    @Test func remainsOfAnEarlierProcessGo() async throws {
        try await CacheFixture.with { fixture in
            try fixture.source.add("etcd", "3.5.0")
            let path = try await fixture.fetch("etcd", "3.5.0").path
            try PrivateDirectory.ensure("\(fixture.directory)/cache/taskserv/lost/1.0.0")
            try PrivateDirectory.ensure("\(fixture.directory)/cache/incoming/half")
            _ = try fixture.restarted()
            #expect(!FileManager.default.fileExists(atPath: "\(fixture.directory)/cache/taskserv/lost/1.0.0"))
            #expect(!FileManager.default.fileExists(atPath: "\(fixture.directory)/cache/incoming/half"))
            try AtomicFile.write(Array("no JSON".utf8), to: "\(fixture.directory)/cache/index.json")
            let again = try fixture.restarted()
            #expect(await again.cache.archives.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}

/// A cache with one source.
struct CacheFixture {
    let directory: String
    let capacity: Int
    let cache: ArchiveCache
    let source: ShelfSource

    static func with(capacity: Int = 100, _ body: (CacheFixture) async throws -> Void) async throws {
        try await withScratch("cache") { directory in
            try await body(CacheFixture(directory, capacity, ShelfSource(.oci, in: directory)))
        }
    }

    private init(_ directory: String, _ capacity: Int, _ source: ShelfSource) throws {
        self.directory = directory
        self.capacity = capacity
        self.source = source
        cache = try ArchiveCache(
            directory: "\(directory)/cache", capacity: capacity, logger: Logger(label: "test") { _ in SilentLogs() })
    }

    func restarted() throws -> CacheFixture { try CacheFixture(directory, capacity, source) }

    func fetch(_ name: String, _ text: String) async throws -> FetchedArchive {
        let key = ExtensionKey(try ExtensionID(.taskserv, name), try version(text))
        let source = source
        return try await cache.archive(of: key, from: [.oci]) { source }
    }

    func origin(_ name: String, _ text: String) async throws -> ArchiveOrigin { try await fetch(name, text).origin }
}

/// A log that nobody reads.
struct SilentLogs: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .critical

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {}
}
