import FleetSSH
import Testing

@testable import struct FleetSSH.ConnectRetry
@testable import struct FleetSSH.KnownHostLine
@testable import struct FleetSSH.KnownHosts

@Suite("Lines of known_hosts")
struct KnownHostLineTests {
    private static let key = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

    @Test(
        "Patterns match as OpenSSH's do",
        arguments: [
            ("host.example", "host.example", true), ("*.example", "host.example", true),
            ("*.example", "example", false),
            ("h?st.example", "host.example", true), ("*,!host.example", "host.example", false),
            ("!other,*.example", "host.example", true), ("HOST.example", "host.example", true),
            ("[host]:22*", "[host]:2222", true), ("", "host", false), ("***a*b", "xxaxxbxxb", true),
            ("*a*a*a*a*a*a*a*a*c", String(repeating: "a", count: 4000), false),
        ])
    func patterns(pattern: String, name: String, matches: Bool) {
        let patterns = pattern.split(separator: ",").map { $0.lowercased() }
        #expect(KnownHostLine.matches(name, patterns: patterns) == matches)
    }

    @Test("A line is read with its marker")
    func markers() {
        #expect(KnownHostLine("host ssh-ed25519 \(Self.key) comment")?.marker == KnownHostLine.Marker.none)
        #expect(KnownHostLine("@revoked host ssh-ed25519 \(Self.key)")?.marker == .revoked)
        #expect(KnownHostLine("@cert-authority\t* ssh-ed25519 \(Self.key)\r")?.marker == .authority)
    }

    @Test(
        "What is no line is passed over",
        arguments: [
            "", "   ", "# host ssh-ed25519 AAAA", "host", "host ssh-ed25519", "host ssh-ed25519 !!!",
            "host ssh-rsa \(key)",
            "|1|salt ssh-ed25519 \(key)", "@revoked host ssh-ed25519",
        ])
    func noLines(text: String) {
        #expect(KnownHostLine(text) == nil)
    }

    @Test("The port is part of the name, unless it is 22")
    func names() {
        #expect(KnownHosts.name(host: "Host.Example", port: 22) == "host.example")
        #expect(KnownHosts.name(host: "::1", port: 2222) == "[::1]:2222")
    }
}

@Suite("Trying again")
struct ConnectRetryTests {
    private func error(_ code: SSHError.Code) -> SSHError {
        SSHError(code: code, stage: .banner, target: "a@b:22", message: "", advice: "")
    }

    @Test("Only a connection that was closed before the banner is tried again, later and later, and not for ever")
    func delays() {
        var retry = ConnectRetry()
        var delays: [Duration] = []
        while let delay = retry.delay(after: error(.closedBeforeBanner), random: 1) {
            delays.append(delay)
            if delays.count > 100 { break }
        }
        #expect(delays.count == ConnectRetry.most - 1)
        #expect(delays == delays.sorted())
        #expect(delays.allSatisfy { $0 >= .milliseconds(50) && $0 <= .seconds(3) })
        for code in [SSHError.Code.loginDenied, .timedOut, .notConnected, .connectionLost, .hostKeyUnknown] {
            var retry = ConnectRetry()
            #expect(retry.delay(after: error(code), random: 0) == nil)
        }
    }
}
