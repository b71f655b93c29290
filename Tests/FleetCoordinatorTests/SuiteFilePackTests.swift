import FleetCoordinator
import FleetModel
import Foundation
import Testing

@Suite("Files of a suite")
struct SuiteFilePackTests {
    private func suite(_ files: String, in folder: TemporaryFolder) throws -> LoadedSuite {
        let text = "files: \(files)\ntests:\n- {id: a/b, command: x}\n- {id: a/c, command: y}\n"
        return try SuiteFile.load(try folder.write("suite.yaml", text))
    }

    private func populate(_ folder: TemporaryFolder) throws {
        for name in [
            "bin/run.sh", "tests/a.txt", "tests/deep/er/b.txt", "tests/.hidden", "tests/.git/config", "other/x",
        ] {
            try folder.write(name, "content of \(name)\n")
        }
        try folder.write("bin/tool", Data("#!/bin/sh\n".utf8), mode: 0o755)
    }

    /// Patterns and what they match.
    private static let patterns: [(String, [String])] = [
        ("[tests/**]", ["tests/a.txt", "tests/deep/er/b.txt"]),
        ("[\"**/*.txt\"]", ["tests/a.txt", "tests/deep/er/b.txt"]),
        ("[bin/run.sh]", ["bin/run.sh"]), ("[./bin/*]", ["bin/run.sh", "bin/tool"]), ("[bin/*.sh]", ["bin/run.sh"]),
        ("[\"b?n/t*\"]", ["bin/tool"]), ("[\"*/x\"]", ["other/x"]), ("[tests/.hidden]", ["tests/.hidden"]),
        ("[\"tests/.*\"]", ["tests/.hidden"]), ("[\"tests/**/b.txt\"]", ["tests/deep/er/b.txt"]),
        ("[\"*.yaml\"]", ["suite.yaml"]), ("[\"**/tests/**/a.txt\"]", ["tests/a.txt"]),
        ("[tests/**, tests/a.txt, bin/tool]", ["bin/tool", "tests/a.txt", "tests/deep/er/b.txt"]),
    ]

    @Test("patterns match as described", arguments: patterns)
    func match(files: String, expected: [String]) throws {
        try TemporaryFolder.with { folder in
            try populate(folder)
            #expect(try suite(files, in: folder).files.map(\.path) == expected)
        }
    }

    @Test("links inside stand for their files; links to folders, out, and to nowhere are refused")
    func links() throws {
        try TemporaryFolder.with { folder in
            try populate(folder)
            try folder.link("bin/alias", to: "run.sh")
            try folder.link("bin/out", to: "/etc/hostname")
            try folder.link("bin/up", to: "../../\(UUID().uuidString)")
            try folder.link("loop", to: ".")
            try folder.link("linked", to: "tests")
            let alias = try #require(try suite("[bin/alias]", in: folder).files.first)
            #expect(alias.path == "bin/alias" && alias.source.hasSuffix("/bin/run.sh"))
            let bad = [
                ("bin/out", "leads out of the folder"), ("bin/up", "leads nowhere"), ("bin/*", "leads out"),
                ("\"**\"", "link to a folder"), ("linked/a.txt", "link to a folder"), ("tests", "is a folder"),
            ]
            for (pattern, words) in bad {
                let error = #expect(throws: InputErrors.self) { _ = try suite("[\(pattern)]", in: folder) }
                #expect(error?.description.contains(words) == true, "\(pattern): \(String(describing: error))")
            }
        }
    }

    @Test("a suite in a folder that is reached by a link is no way out")
    func linkedRoot() throws {
        try TemporaryFolder.with { folder in
            try folder.write("real/a.txt", "a")
            try folder.link("link", to: "real")
            let path = try folder.write("real/suite.yaml", "files: [a.txt]\ntests:\n- {id: a/b, command: x}\n")
            let linked = path.replacing("/real/", with: "/link/")
            #expect(try SuiteFile.load(linked).files.map(\.path) == ["a.txt"])
        }
    }

    @Test("a pipe among the files is refused")
    func pipe() throws {
        try TemporaryFolder.with { folder in
            #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
            let error = #expect(throws: InputErrors.self) { _ = try suite("[\"*\"]", in: folder) }
            #expect(error?.description.contains("not a plain file") == true)
        }
    }

    @Test("the same files give the same pack, wherever and whenever they were written")
    func deterministic() throws {
        var packs: [SuitePack] = []
        for _ in 0..<2 {
            try TemporaryFolder.with { folder in
                try populate(folder)
                let (packed, pack) = try suite("[\"**/*\"]", in: folder).packed(into: folder.path)
                let made = try #require(pack)
                #expect(made.path == "\(folder.path)/\(made.sha256).tar")
                for test in packed.tests {
                    guard case .command(let command) = test.kind else { continue }
                    #expect(command.pack == made.sha256)
                }
                packs.append(made)
            }
        }
        #expect(packs[0].sha256 == packs[1].sha256 && packs[0].size == packs[1].size)
    }

    @Test("tar unpacks what was packed: content, modes, long and foreign names")
    func unpack() throws {
        try TemporaryFolder.with { folder in
            let deep = Array(repeating: "a-rather-long-name-of-a-folder", count: 5).joined(separator: "/")
            let long = String(repeating: "n", count: 200)
            let contents = [
                "empty": "", "exact": String(repeating: "x", count: 512), "\(deep)/file": "deep", long: "long",
                "grüße/😀": "hello", "big": String(repeating: "0123456789", count: 100_000),
            ]
            for (name, text) in contents { try folder.write("in/" + name, text) }
            try folder.write("in/tool", Data("#!".utf8), mode: 0o750)
            let text = "files: [\"in/**\"]\ntests:\n- {id: a/b, command: x}\n"
            let suite = try SuiteFile.load(try folder.write("suite.yaml", text))
            let pack = try #require(try suite.packed(into: folder.path).pack)
            try FileManager.default.createDirectory(atPath: folder.path + "/out", withIntermediateDirectories: false)
            #expect(try Tool.run("tar", ["-xpf", pack.path, "-C", folder.path + "/out"]) == "")
            #expect(try Tool.run("sha256sum", [pack.path]).hasPrefix(pack.sha256))
            for (name, text) in contents {
                #expect(try String(contentsOfFile: folder.path + "/out/in/" + name, encoding: .utf8) == text)
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/out/in/tool")
            #expect((attributes[.posixPermissions] as? Int) == 0o750)
        }
    }

    @Test("a file that changed since it was found is told, and nothing is left")
    func changed() throws {
        try TemporaryFolder.with { folder in
            try populate(folder)
            let suite = try suite("[bin/*]", in: folder)
            try folder.write("bin/run.sh", "longer than it was, by far, and then some more")
            let error = #expect(throws: SuitePackError.self) { _ = try suite.packed(into: folder.path) }
            #expect(error?.description.contains("changed meanwhile") == true)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(!left.contains { $0.hasSuffix(".tar") || $0.hasSuffix(".tmp") })
            #expect(throws: SuitePackError.self) { _ = try suite.packed(into: folder.path + "/none") }
        }
    }
}
