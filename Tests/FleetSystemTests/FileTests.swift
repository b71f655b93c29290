import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Files")
struct FileTests {
    @Test("a lock has one holder, within one process too, and goes with it")
    func locks() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/lock"
            let lock = try #require(try FileLock.acquire(path))
            #expect(try FileLock.acquire(path) == nil)
            #expect(try await FileLock.acquire(path, within: .milliseconds(80)) == nil)
            try lock.note("held by a test\n")
            #expect(try AtomicFile.read(path) == Array("held by a test\n".utf8))
            lock.release()
            let again = try await FileLock.acquire(path, within: .seconds(5))
            #expect(again != nil)
            // Another process is refused as well.
            let ran = try await run(["flock", "-n", path, "true"])
            #expect(ran.status == .exited(1))
            again?.release()
            #expect(throws: SystemCallError.self) { try FileLock.acquire("\(directory)/none/lock") }
        }
    }

    @Test("byte locks: the lowest free ones, shared with a child, and free when the last holder has ended")
    func byteLocks() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/slots"
            var ours: ByteLocks? = try ByteLocks(path: path)
            let theirs = try ByteLocks(path: path)
            #expect(try ours?.take(2, of: 3) == 2)
            #expect(try ours?.take(2, of: 3) == 2, "what is held already counts")
            #expect(theirs.hasFree(of: 3))
            #expect(try theirs.take(2, of: 3) == 1)
            #expect(!theirs.hasFree(of: 3))
            var sharing = specification(["sleep", "60"])
            sharing.extraDescriptors = ours.map { [3: $0.descriptor] } ?? [:]
            let child = try Spawner.spawn(sharing)
            ours = nil
            #expect(try theirs.take(3, of: 3) == 1, "the child still holds them")
            _ = await child.end(grace: .zero)
            #expect(try theirs.take(3, of: 3) == 3)
            theirs.releaseAll()
            #expect(try ByteLocks(path: path).take(3, of: 3) == 3)
        }
    }

    @Test("a file is replaced whole, with its mode, and nothing is left beside it")
    func atomicWrite() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/file"
            try AtomicFile.write("old".utf8, to: path)
            try AtomicFile.write("new".utf8, to: path, mode: 0o640)
            #expect(try AtomicFile.read(path) == Array("new".utf8))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
            let ran = try await run(["ls", "-A", directory])
            #expect(ran.output == "file\n")
            #expect(throws: SystemCallError.self) { try AtomicFile.write("x".utf8, to: "\(directory)/none/file") }
        }
    }

    @Test("removal never follows a link")
    func links() async throws {
        try await withTemporaryDirectory { directory in
            for name in ["victim", "tree", "tree/sub"] { mkdir("\(directory)/\(name)", 0o700) }
            try AtomicFile.write("keep".utf8, to: "\(directory)/victim/file")
            symlink("\(directory)/victim", "\(directory)/tree/link")
            symlink("\(directory)/victim/file", "\(directory)/tree/sub/link")
            symlink("\(directory)/victim", "\(directory)/root-link")
            #expect(DirectoryTree.remove("\(directory)/tree") == [])
            #expect(DirectoryTree.remove("\(directory)/root-link") == [])
            #expect(DirectoryTree.remove("\(directory)/not-there") == [])
            #expect(try AtomicFile.read("\(directory)/victim/file") == Array("keep".utf8))
            #expect(access("\(directory)/tree", F_OK) != 0 && access("\(directory)/root-link", F_OK) != 0)
        }
    }

    @Test("read-only and very deep trees are removed")
    func stubbornTrees() async throws {
        try await withTemporaryDirectory { directory in
            let script = """
                mkdir -p a/b/c && touch a/b/c/f && mkfifo a/b/p && chmod 500 a/b/c a/b && chmod 0 a
                mkdir deep && cd deep && python3 -c "
                import os
                for i in range(1000): os.mkdir('d'); os.chdir('d'); open('f', 'w').close()"
                """
            var wanted = specification(["bash", "-c", script])
            wanted.workingDirectory = directory
            let status = try await exitStatus(of: wanted, within: .seconds(60))
            #expect(status == .exited(0))
            #expect(DirectoryTree.remove("\(directory)/a") == [])
            #expect(DirectoryTree.remove("\(directory)/deep") == [])
        }
    }

    @Test("names that are no UTF-8 are removed")
    func foreignNames() async throws {
        try await withTemporaryDirectory { directory in
            let script = "mkdir tree && cd tree && mkdir \"$(printf 'a\\377')\" && : >\"$(printf 'a\\377/b\\200')\""
            var wanted = specification(["sh", "-c", script])
            wanted.workingDirectory = directory
            let status = try await exitStatus(of: wanted)
            #expect(status == .exited(0))
            #expect(DirectoryTree.remove("\(directory)/tree") == [])
            #expect(access("\(directory)/tree", F_OK) != 0)
        }
    }

    @Test("what is mounted inside is detached and keeps its files", .enabled(if: geteuid() == 0, "mounting wants root"))
    func mounts() async throws {
        try await withTemporaryDirectory { directory in
            let script = """
                mkdir -p victim tree/bind tree/tmpfs && echo keep >victim/file && : >tree/on-file
                mount --bind victim tree/bind && mount --bind victim tree/bind
                mount -t tmpfs none tree/tmpfs && : >tree/tmpfs/file && mount --bind victim/file tree/on-file
                """
            var wanted = specification(["sh", "-e", "-c", script])
            wanted.workingDirectory = directory
            let status = try await exitStatus(of: wanted)
            #expect(status == .exited(0))
            #expect(DirectoryTree.remove("\(directory)/tree") == [])
            #expect(access("\(directory)/tree", F_OK) != 0)
            #expect(try AtomicFile.read("\(directory)/victim/file") == Array("keep\n".utf8))
        }
    }

    @Test("a directory of ours is 0700; a link or another user's is refused")
    func privateDirectories() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/one/two"
            try PrivateDirectory.ensure(path)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o700)
            chmod(path, 0o777)
            try PrivateDirectory.ensure(path)
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o700)
            symlink(path, "\(directory)/link")
            #expect(throws: PrivateDirectoryError.notADirectory(path: "\(directory)/link")) {
                try PrivateDirectory.ensure("\(directory)/link")
            }
            try AtomicFile.write("".utf8, to: "\(directory)/file")
            #expect(throws: PrivateDirectoryError.notADirectory(path: "\(directory)/file")) {
                try PrivateDirectory.ensure("\(directory)/file")
            }
            if geteuid() == 0 {
                chown(path, 65534, 65534)
                #expect(throws: PrivateDirectoryError.foreign(path: path, owner: 65534)) {
                    try PrivateDirectory.ensure(path)
                }
            }
        }
    }
}
