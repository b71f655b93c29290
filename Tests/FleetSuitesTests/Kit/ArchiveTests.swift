import FleetSystem
import Testing

@testable import FleetTestKit

@Suite("Archives and digests")
struct ArchiveTests {
    @Test("digests are those of FIPS 180-4")
    func digests() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Digest(of: []).description == "sha256:\(empty)")
        #expect(Digest(of: Array("abc".utf8)) == Digest("sha256:\(abc)"))
    }

    @Test(
        "what is no canonical digest is refused",
        arguments: ["", "sha256:", "sha256:00", "md5:00", "sha256:" + String(repeating: "A", count: 64)])
    func badDigests(_ text: String) { #expect(Digest(text) == nil) }

    @Test("the checksum is gzip's CRC-32")
    func checksum() { #expect(Gzip.checksum(Array("123456789".utf8)) == 0xcbf4_3926) }

    @Test("the host's tar unpacks an archive, with modes and content, and the same files give the same bytes")
    func unpacking() async throws {
        let big = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let files = [
            ArchiveFile.program("install", "#!/bin/sh\n"), ArchiveFile(path: "data/big", content: big),
            ArchiveFile(path: "empty", content: []),
        ]
        let archive = TarArchive.gzipped(files)
        #expect(archive == TarArchive.gzipped(files))
        let directory = try ScratchDirectory(beside: "/tmp/artifacts").path
        defer { _ = DirectoryTree.remove(directory) }
        try AtomicFile.write(archive, to: "\(directory)/archive.tar.gz")
        let result = try await ProgramRun.run(
            "tar", ["-xzf", "\(directory)/archive.tar.gz", "-C", directory], home: directory, limit: .seconds(20))
        #expect(result.status.isSuccess, "tar said: \(result.errorOutput)")
        #expect(try AtomicFile.read("\(directory)/data/big") == big)
        #expect(try AtomicFile.read("\(directory)/empty") == [])
        let mode = try await ProgramRun.run(
            "test", ["-x", "\(directory)/install"], home: directory, limit: .seconds(5))
        #expect(mode.status.isSuccess)
    }

    @Test("a program that does not end is killed, and what it said is told")
    func hangingProgram() async throws {
        await #expect {
            _ = try await ProgramRun.run(
                "sh", ["-c", "echo waiting >&2; sleep 600"], home: "/", limit: .milliseconds(300))
        } throws: { error in
            "\(error)".contains("did not end within 0.3 s") && "\(error)".contains("waiting")
        }
    }

    @Test("a program that is missing is named")
    func missingProgram() async {
        await #expect {
            _ = try await ProgramRun.run("no-such-program", [], home: "/", limit: .seconds(1))
        } throws: { error in
            "\(error)".contains("no-such-program")
        }
    }
}
