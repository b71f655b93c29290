import FleetSystem
import Testing

@testable import PlatformOrchestrator
@testable import PlatformService

struct ServerPartsTests {
    @Test func networksGiveOutTheirHosts() throws {
        let network = try IPv4Network("127.64.0.9/30")
        #expect(network.hosts.map(\.description) == ["127.64.0.9", "127.64.0.10"])
        #expect(try IPv4Network("127.64.0.0/16").hostCount == 65534)
        for wrong in ["", "127.0.0.1", "127.0.0.1/33", "127.0.0/8", "a/8", "127.0.0.01/8", "127.0.0.1/31"] {
            #expect(throws: PlatformError.self) { try IPv4Network(wrong) }
        }
    }

    @Test(arguments: ["plain", "with space", "it's", "$(reboot)", "a\nb", "", "\\"])
    func shellWordsArriveAsTheyAre(word: String) async throws {
        let command = "printf %s \(SSHDConfiguration.shellQuoted(word))"
        #expect(try await CommandRunner.run("/bin/sh", ["-c", command]).output == word)
    }

    @Test func longOutputKeepsHeadAndTail() async throws {
        let result = try await CommandRunner.run("/bin/sh", ["-c", "seq 1 100000"])
        #expect(result.output.hasPrefix("1\n2\n") && result.output.hasSuffix("100000\n"))
        #expect(result.output.contains("bytes left out") && result.output.utf8.count < 70_000)
        let output = TaskOutput()
        for number in 1...20_000 { await output.add("line \(number)") }
        let text = await output.text
        #expect(text.hasPrefix("line 1\n") && text.hasSuffix("line 20000\n") && text.contains("bytes left out"))
    }

    @Test(.timeLimit(.minutes(1))) func slowProgramIsKilled() async throws {
        let error = await #expect(throws: PlatformError.self) {
            try await CommandRunner.run("/bin/sh", ["-c", "echo before; sleep 60"], seconds: 0.3)
        }
        #expect(error?.message.contains("was killed") == true && error?.message.contains("before") == true)
    }

    @Test(.timeLimit(.minutes(1))) func cancelledProgramIsKilled() async throws {
        // Awaited two lines below.
        let task = Task { try await CommandRunner.run("sleep", ["60"]) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func keysWithOptionsAreRefused() throws {
        let good = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me@here"
        #expect(try PublicKeyLine.checked(good) == good)
        for wrong in [
            "", "ssh-ed25519", "command=\"x\" \(good)", "\(good)\nssh-rsa AAAA", "ssh-dss AAAA", "ssh-rsa !!",
        ] {
            #expect(throws: PlatformError.self) { try PublicKeyLine.checked(wrong) }
        }
    }

    @Test func logValuesCannotStartALine() {
        #expect(LogLines.quoted("plain") == "plain" && LogLines.quoted("") == "\"\"")
        #expect(LogLines.quoted("a b=\"c\"\nlevel=error") == #""a b=\"c\"\nlevel=error""#)
        #expect(LogLines.quoted("\u{1b}[31m") == #""\u{1b}[31m""#)
    }

    @Test func timestampsAreRFC3339() throws {
        let text = Timestamp.now().text
        #expect(text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(text)")
    }
}
