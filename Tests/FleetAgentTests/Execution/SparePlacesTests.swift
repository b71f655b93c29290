import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Directories that one attempt left untouched are those of the next.
struct SparePlacesTests {
    private static func with(_ body: (String, SparePlaces) throws -> Void) throws {
        let directory = "/tmp/fleet-spare-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try PrivateDirectory.ensure(directory)
        defer { _ = DirectoryTree.remove(directory) }
        try body(directory, SparePlaces("\(directory)/spares"))
    }

    private static func number(of path: String) -> UInt64 {
        var status = stat()
        return lstat(path, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    @Test("an untouched place is handed on, without the credentials of the attempt before")
    func untouched() throws {
        try Self.with { directory, spares in
            let first = try AttemptPlace.make(
                at: "\(directory)/1", pack: nil, credentials: ["kms": ["token": "old"]], spares: spares)
            let work = Self.number(of: first.work)
            #expect(spares.keep(first))
            #expect(access(first.root, F_OK) != 0, "it is where attempts are no more")
            let second = try AttemptPlace.make(at: "\(directory)/2", pack: nil, credentials: nil, spares: spares)
            #expect(Self.number(of: second.work) == work)
            #expect(try DirectoryTree.names(in: second.root) == ["artifacts", "home", "tmp", "work"])
            let third = try AttemptPlace.make(at: "\(directory)/3", pack: nil, credentials: nil, spares: spares)
            #expect(Self.number(of: third.work) != work, "nobody else gets it as well")
        }
    }

    @Test(
        "a place in which an attempt left anything is not",
        arguments: ["file", "hidden", "rights", "link", "extra", "missing"])
    func touched(_ change: String) throws {
        try Self.with { directory, spares in
            let place = try AttemptPlace.make(at: "\(directory)/1", pack: nil, credentials: nil, spares: spares)
            switch change {
            case "file": try AtomicFile.write("left".utf8, to: "\(place.work)/left")
            case "hidden": try AtomicFile.write("left".utf8, to: "\(place.home)/.profile")
            case "rights": chmod(place.temporary, 0o777)
            case "link":
                rmdir(place.work)
                symlink("/", place.work)
            case "extra": mkdir("\(place.root)/more", 0o700)
            default: rmdir(place.artifacts)
            }
            #expect(!spares.keep(place))
            #expect(place.remove().isEmpty)
            #expect(!spares.take(to: "\(directory)/2"))
        }
    }
}
