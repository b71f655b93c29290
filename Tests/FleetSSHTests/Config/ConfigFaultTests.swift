import FleetSSH
import FleetTestSupport
import Testing

@Suite("Faults of an OpenSSH configuration")
struct ConfigFaultTests {
    @Test("Every fault comes with its line and column, all at once")
    func allAtOnce() async throws {
        let folder = try ConfigFolder()
        let faults = try folder.faults(
            """
            Host *
              Port 99999
              Usr bob
                IdentityFile "~/a
            Host other
              ProxyJump a,,b
              User one two
            Match sometimes
            """)
        #expect(
            faults == [
                "2:8: port cannot be “99999”, but a number from 1 to 65535, or a service's name",
                "4:18: the quote is not closed",
                "6:13: “” is not [user@]host[:port] or ssh://[user@]host[:port]",
                "7:12: user takes one argument; put quotes around blanks",
                "8:7: the criterion sometimes has no argument",
                "3:3: there is no keyword “usr”",
            ])
    }

    @Test(
        "A keyword that changes where or as whom one connects is an error where it applies, with its line",
        arguments: [
            "BindAddress 10.0.0.1", "BindInterface eth0", "AddressFamily inet6", "CanonicalizeHostname yes",
            "CertificateFile ~/.ssh/cert", "HostbasedAuthentication yes", "PKCS11Provider /usr/lib/x.so",
            "SecurityKeyProvider /usr/lib/sk.so", "KnownHostsCommand /bin/known %H", "RevokedHostKeys /etc/revoked",
            "CheckHostIP yes", "ProxyUseFdpass yes", "PubkeyAuthentication no", "Match exec \"true\"", "Match final",
        ])
    func refused(line: String) async throws {
        let folder = try ConfigFolder()
        #expect(
            try folder.faults("Host y\n  User a\nHost x\n  \(line)\n").map { $0.prefix(4) } == [
                line.hasPrefix("Match") ? "4:9:" : "4:3:"
            ])
        #expect(
            try folder.faults("Host y\n  \(line.hasPrefix("Match") ? "Match host y " + line.dropFirst(6) : line)\n")
                == [])
    }

    @Test("Values that mean the same as no value are harmless")
    func harmless() async throws {
        let folder = try ConfigFolder()
        let text = """
            AddressFamily any
            CanonicalizeHostname no
            CheckHostIP no
            PubkeyAuthentication yes
            HostbasedAuthentication no
            ProxyUseFdpass no
            PKCS11Provider none
            """
        #expect(try folder.faults(text) == [])
    }

    @Test("The configuration that Debian ships is fine")
    func debian() async throws {
        let folder = try ConfigFolder()
        let settings = try folder.config(systemFile: "/etc/ssh/ssh_config").resolve("somewhere")
        #expect(settings.host == "somewhere" && settings.port == 22)
    }

    @Test("Other ways to log in, and what macOS adds, are passed over")
    func passedOver() async throws {
        let folder = try ConfigFolder()
        #expect(try folder.faults("Host *\n PreferredAuthentications publickey\n UseKeychain yes\n") == [])
    }

    @Test("An unknown keyword is an error unless IgnoreUnknown covers it before")
    func unknown() async throws {
        let folder = try ConfigFolder()
        #expect(try folder.faults("UseMagic yes\nIgnoreUnknown UseMag*\n").count == 1)
        #expect(try folder.faults("IgnoreUnknown UseMag*,x\nUseMagic yes\nX y\n") == [])
        #expect(try folder.faults("Host y\n IgnoreUnknown x\nHost x\n X y\n") == ["4:2: there is no keyword “x”"])
    }

    @Test("Bytes that nobody wrote by hand are told, never obeyed")
    func strangeBytes() async throws {
        let folder = try ConfigFolder()
        #expect(
            try folder.faults("\u{FEFF}User a\n") == [
                "1:1: the file begins with a byte order mark, which ssh refuses, too"
            ])
        #expect(try folder.faults("User a\n User ä\u{0}b\n") == ["2:8: the line contains a zero byte"])
        let long = String(repeating: "a", count: 70_000)
        #expect(try folder.faults("User a\n#\(long)\n") == ["2:1: the line has 70001 bytes"])
        #expect(try folder.resolve("Host x\r\n\tUser a\r\n\tPort 7 \r\n", "x").port == 7)
        try TestFiles.write([0x55, 0xFF, 0xFE, 0x20, 0x61, 0x0A], to: "\(folder.home)/.ssh/config")
        #expect(throws: SSHConfigFaults.self) { try folder.config().resolve("x") }
    }

    @Test("Files that include each other end in an error, and so does one that others can write")
    func includes() async throws {
        let folder = try ConfigFolder()
        try folder.write("Include loop2\n", to: "loop")
        try folder.write("Include loop\n", to: "loop2")
        let faults = try folder.faults("Include loop\nInclude\n")
        #expect(faults.contains { $0.contains("too deeply") })
        #expect(faults.contains("2:1: Include has no argument"))
        try folder.write("Include twice twice\n", to: "twice")
        #expect(try folder.faults("Include twice\n").contains { $0.contains("more than 500 files") })
        try await TestSSHServer.run("/usr/bin/chmod", ["666", try folder.write("User a\n", to: "open")])
        #expect(try folder.faults("Include open\n") == ["0:0: others can write the file"])
        try TestFiles.makeDirectory(at: "\(folder.home)/.ssh/folder")
        #expect(try folder.faults("Include folder\n").first?.contains("not a regular file") == true)
    }

    @Test("What cannot be completed is told with the place of its value")
    func tokens() async throws {
        let folder = try ConfigFolder()
        #expect(try folder.faults("HostName %n.org\n") == ["1:10: “%n.org”: %n is not offered here"])
        #expect(try folder.faults("IdentityFile ${NOTHING}/k\n").first?.hasPrefix("1:14: ") == true)
        #expect(try folder.faults("IdentityFile ~other/k\n").first?.hasPrefix("1:14: ") == true)
        #expect(try folder.faults("ProxyCommand nc %C\n") == ["1:14: “nc %C”: %C is not offered here"])
        #expect(try folder.faults("UserKnownHostsFile /k%\n").first?.hasPrefix("1:20: ") == true)
    }

    @Test("A host that is reached through itself, or through too many, is an error")
    func circles() async throws {
        let folder = try ConfigFolder()
        #expect(try folder.faults("Host *\n ProxyJump x\n").first?.contains("through itself") == true)
        let circle = "Host x\n ProxyJump y\nHost y\n ProxyJump z\nHost z\n ProxyJump x\n"
        #expect(try folder.faults(circle).first?.contains("more than 16 hosts") == true)
    }
}
