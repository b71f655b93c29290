import FleetTestSupport
import Testing

@testable import FleetSSH

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Words for a shell")
struct ShellQuotingTests {
    static let shells = (["/bin/sh", "/bin/bash", "/usr/bin/fish"] as [String]).filter { access($0, X_OK) == 0 }

    @Test(
        "Every shell gives a word back as it was, however deep it was quoted",
        arguments: shells,
        ["", "a b", "it's", "$(x) `y` \\ \"z\"", "\n", "\\'", "'\\\\", "!~*?[{#"])
    func quoting(shell: String, text: String) async throws {
        let directory = try TestFiles.makeDirectory(prefix: "fleet-quote")
        defer { TestFiles.remove(directory) }
        let file = directory + "/word"
        let once = "printf '%s' \(ShellQuoting.quote(text)) > \(file)"
        let twice = "/bin/sh -c \(ShellQuoting.quote("printf '%s' \(ShellQuoting.quote(text)) > \(file)"))"
        for command in [once, twice] {
            try await TestSSHServer.run(shell, ["-c", command], environment: ["HOME": directory])
            #expect(TestFiles.read(file) == text, "\(command)")
        }
    }
}
