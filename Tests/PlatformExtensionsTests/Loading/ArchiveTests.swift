import FleetSystem
import FleetTestSupport
import Foundation
import PlatformService
import Testing

@testable import PlatformExtensions

struct ArchiveTests {
    @Test func aGoodArchiveHasNoFaults() async throws {
        try await withFolder { folder, archive in
            try await folder.packed(to: archive)
            let found = try await ExtensionArchive.inspect(archive)
            #expect(found.faults.isEmpty && found.manifest?.name == "etcd", "\(found.faults)")
        }
    }

    @Test func linksAndWaysOutAreFaults() async throws {
        try await withFolder { folder, archive in
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "/etc")
            try FileManager.default.linkItem(atPath: "\(folder.path)/check", toPath: "\(folder.path)/hard")
            try await folder.packed(to: archive, ["--transform=s,^./install,../install,;s,^./remove,/remove,", "-P"])
            let faults = try await ExtensionArchive.inspect(archive).faults
            for words in ["link", "hard", "../install is outside", "/remove is outside"] {
                #expect(faults.contains { $0.contains(words) }, "\(words): \(faults)")
            }
        }
    }

    @Test func whatIsNoArchiveIsAFault() async throws {
        try await withFolder { folder, archive in
            try AtomicFile.write(Array("no archive".utf8), to: archive)
            #expect(try await ExtensionArchive.inspect(archive).faults.first?.contains("cannot be read") == true)
            try folder.remove("extension.json")
            try await folder.packed(to: archive)
            #expect(try await ExtensionArchive.inspect(archive).faults == ["it lacks extension.json"])
        }
    }

    @Test func sizesAndNumbersAreBounded() throws {
        let line = "-rwxr-xr-x 0/0               1 2026-11-23 12:15:59 ./file\n"
        #expect(try ArchiveListing(parsing: line).faults.isEmpty)
        #expect(try ArchiveListing(parsing: line).file("file")?.isExecutable == true)
        let many = String(repeating: line, count: ArchiveListing.maximumEntries + 1)
        #expect(try ArchiveListing(parsing: many).faults.count == 1)
        let large = line.replacing("  1 ", with: "  \(ArchiveListing.maximumSize + 1) ")
        #expect(try ArchiveListing(parsing: large).faults.count == 1)
        let device = "crw-r--r-- 0/0             1,3 2026-11-23 12:15:59 ./null\n"
        #expect(try ArchiveListing(parsing: device).faults.count == 1)
        #expect(throws: PlatformError.self) { try ArchiveListing(parsing: "what is this") }
    }

    @Test func digestsAreCheckedBeforeTheyAreUsedInPaths() {
        let good = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Digest(good)?.description == good && Digest(of: []).description == good)
        for wrong in [
            "", "sha256:", "sha256:xyz", "sha512:\(good.dropFirst(7))", "\(good)0", "sha256:../\(good.dropFirst(10))",
        ] { #expect(Digest(wrong) == nil) }
    }

    private func withFolder(_ body: (ExtensionFolder, String) async throws -> Void) async throws {
        try await withScratch("archive") { directory in
            let folder = try ExtensionFolder.taskserv("etcd", "3.5.0", at: "\(directory)/folder")
            try await body(folder, "\(directory)/archive.tar.gz")
        }
    }
}
