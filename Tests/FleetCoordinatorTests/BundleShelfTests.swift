import FleetSystem
import Foundation
import Testing

@testable import FleetCoordinator

/// Programs for hosts of several kinds.
struct BundleShelfTests {
    private static let arm = HostPlatform(system: "linux", machine: "aarch64")

    @Test func spellingsOfOnePlatformAreTheSame() {
        #expect(HostPlatform(system: "Linux", machine: "arm64").description == "linux-aarch64")
        #expect(HostPlatform(system: "Darwin", machine: "arm64").description == "macos-aarch64")
        #expect(HostPlatform(system: "Linux", machine: "amd64") == HostPlatform(folder: "linux-x86_64"))
        #expect(HostPlatform(folder: "linux") == nil)
    }

    @Test func everyFolderIsABundle() throws {
        try TemporaryFolder.with { folder in
            for name in ["agent", "platform"] { try folder.write("linux-aarch64/\(name)", name) }
            try folder.write("README", "not a folder of ours")
            let shelf = try BundleShelf(directory: folder.path)
            #expect(try shelf.bundle(for: Self.arm).directory == folder.path + "/linux-aarch64")
        }
    }

    @Test func theOneThatIsMissingIsNamedWithWhatMakesIt() {
        let error = #expect(throws: LinkError.self) { try BundleShelf([:], directory: "/b").bundle(for: Self.arm) }
        #expect(error?.kind == .permanent)
        #expect(
            error?.description
                == "there is no bundle for its CPU (linux-aarch64); run `make bundle` on such a machine, "
                + "copy its folder linux-aarch64 into /b")
    }

    @Test func everyFaultOfTheDirectoryIsToldAtOnce() throws {
        try TemporaryFolder.with { folder in
            try folder.write("linux-aarch64/agent", "half of it")
            try folder.write("linux-riscv64/agent", "ELF?")
            try folder.write("linux-riscv64/platform", Data(contentsOf: URL(filePath: "/bin/true")))
            let error = try #require(throws: InputErrors.self) { _ = try BundleShelf(directory: folder.path) }
            #expect(error.errors.map(\.file) == ["aarch64", "riscv64"].map { "\(folder.path)/linux-\($0)" })
            #expect(error.errors.first?.message.contains("lacks platform") == true, "\(error)")
            #expect(error.errors.last?.message.hasSuffix("not for riscv64") == true, "\(error)")
        }
    }

    @Test func directoryWithoutABundleIsRefused() throws {
        try TemporaryFolder.with { folder in
            let error = #expect(throws: InputErrors.self) { _ = try BundleShelf(directory: folder.path) }
            #expect(error?.description.contains("linux-aarch64") == true)
        }
        #expect(throws: InputErrors.self) { _ = try BundleShelf(directory: "/nowhere") }
    }
}

/// What a program says that it needs.
struct ProgramNeedsTests {
    @Test func needsOfAProgramAreThoseThatToolsTell() throws {
        let path = "/usr/bin/ssh"
        let needs = try ProgramNeeds(ofFile: path)
        let header = try Tool.run("readelf", ["--dynamic", "--version-info", "--wide", path])
        let libraries = header.matches(of: #/\(NEEDED\) +Shared library: \[([^\]]+)\]/#).map { String($0.1) }
        let versions = header.matches(of: #/Name: GLIBC_([0-9.]+) /#).compactMap { ProgramNeeds.Version($0.1) }
        #expect(needs.libraries == libraries.sorted() && libraries.contains("libc.so.6"))
        #expect(needs.glibc == versions.max() && needs.glibc != nil)
        #expect(needs.machine == HostPlatform.own.machine)
    }

    @Test func whatIsNoProgramNeedsNothing() throws {
        #expect(try ProgramNeeds(ofFile: "/etc/passwd") == ProgramNeeds())
        #expect(throws: SystemCallError.self) { try ProgramNeeds(ofFile: "/nowhere") }
    }

    @Test func damagedHeadersDoNoHarm() throws {
        let whole = try Data(contentsOf: URL(filePath: "/bin/true"))
        try TemporaryFolder.with { folder in
            for round in 0..<50 {
                // Headers and tables are damaged all over, differently in each round, but for the first six bytes.
                var bytes = whole.prefix(round.isMultiple(of: 2) ? whole.count : 64 + round * 40)
                for index in stride(from: 6 + round, to: bytes.count, by: 17 + round) {
                    bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ round)
                }
                let needs = try ProgramNeeds(ofFile: folder.write("damaged", bytes))
                #expect(needs.libraries.count < 10_000)
            }
        }
    }

    @Test(arguments: [("2.36", "2.36"), ("glibc 2.5", "2.5"), ("ldd (Ubuntu GLIBC 2.35-0ubuntu3) 2.35", "2.35")])
    func versionsAreRead(text: String, version: String) { #expect(ProgramNeeds.Version(text)?.description == version) }

    @Test func versionsAreNumbersAndNotText() throws {
        #expect(try #require(ProgramNeeds.Version("2.4")) < #require(ProgramNeeds.Version("2.36")))
        #expect(ProgramNeeds.Version("musl") == nil)
    }
}
