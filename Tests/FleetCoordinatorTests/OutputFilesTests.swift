import Foundation
import Testing

@testable import FleetCoordinator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct OutputFilesTests {
    @Test func aNewDirectoryIsOursAlone() throws {
        try TemporaryFolder.with { folder in
            let path = "\(folder.path)/a/b"
            try OutputFiles.prepareDirectory(path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test func aLinkIsRefusedAndSoIsAFile() throws {
        try TemporaryFolder.with { folder in
            try OutputFiles.prepareDirectory("\(folder.path)/real")
            try folder.link("link", to: "\(folder.path)/real")
            try folder.write("file", "text")
            for name in ["link", "file"] {
                let error = #expect(throws: OutputError.self) {
                    try OutputFiles.prepareDirectory("\(folder.path)/\(name)")
                }
                #expect(error?.description.contains("\(folder.path)/\(name)") == true)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
    func anotherUsersDirectoryIsRefused() throws {
        try TemporaryFolder.with { folder in
            let path = "\(folder.path)/theirs"
            try OutputFiles.prepareDirectory(path)
            try #require(chown(path, 19818, 19818) == 0)
            let error = #expect(throws: OutputError.self) { try OutputFiles.prepareDirectory(path) }
            #expect(error?.description.contains("19818") == true)
        }
    }

    @Test func aFileIsReplacedAsAWhole() throws {
        try TemporaryFolder.with { folder in
            let path = try folder.write("report", "old")
            let reader = try #require(FileHandle(forReadingAtPath: path))
            try OutputFiles.write(String(repeating: "new ", count: 100_000), to: path)
            #expect(try reader.readToEnd() == Data("old".utf8), "who reads the old file reads all of it")
            #expect(try Data(contentsOf: URL(filePath: path)).count == 400_000)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report"])
        }
    }

    @Test func whatCannotBeWrittenLeavesNothing() throws {
        try TemporaryFolder.with { folder in
            try OutputFiles.prepareDirectory("\(folder.path)/report")
            #expect(throws: OutputError.self) { try OutputFiles.write("text", to: "\(folder.path)/report") }
            #expect(throws: OutputError.self) { try OutputFiles.write("text", to: "\(folder.path)/no/report") }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report"])
        }
    }

    @Test func aPlaceIsCheckedBeforeItIsNeeded() throws {
        try TemporaryFolder.with { folder in
            try OutputFiles.checkPlace("\(folder.path)/report.html")
            #expect(throws: OutputError.self) { try OutputFiles.checkPlace(folder.path) }
            #expect(throws: OutputError.self) { try OutputFiles.checkPlace("\(folder.path)/no/report.html") }
        }
    }
}
