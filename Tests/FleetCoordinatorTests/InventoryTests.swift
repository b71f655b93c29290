import FleetCoordinator
import FleetModel
import Foundation
import Testing

@Suite("hosts.txt")
struct InventoryTests {
    private func parse(_ text: String) throws -> [HostSpecification] {
        try Inventory.parse(text, file: "hosts.txt", home: "/home/ada").hosts
    }

    @Test("every form of a line")
    func forms() throws {
        let hosts = try parse(
            """
            # The lab\r
            alpha\tslots=4 environments=2  # two lanes

              admin@10.0.0.7:2222 identity=~/.ssh/lab modes=solo,multiuser driver=namespace workdir=~/fleet
            [2001:db8::7]:2200 identity=keys/#1
            root@[fe80::1%eth0]
            local slots=256
            """)
        let expected = [
            HostSpecification(
                id: HostID("alpha"), connection: .ssh(user: nil, host: "alpha", port: nil), slots: 4, environments: 2,
                line: 2),
            HostSpecification(
                id: HostID("admin@10.0.0.7:2222"), connection: .ssh(user: "admin", host: "10.0.0.7", port: 2222),
                identity: "/home/ada/.ssh/lab", driver: .namespace, modes: [.solo, .multiuser], workdir: "~/fleet",
                line: 4),
            HostSpecification(
                id: HostID("[2001:db8::7]:2200"), connection: .ssh(user: nil, host: "2001:db8::7", port: 2200),
                identity: "keys/#1", line: 5),
            HostSpecification(
                id: HostID("root@[fe80::1%eth0]"), connection: .ssh(user: "root", host: "fe80::1%eth0", port: nil),
                line: 6),
            HostSpecification(id: HostID("local"), connection: .local, slots: 256, line: 7),
        ]
        #expect(hosts == expected)
    }

    @Test func limitsAndNotesAreTaken() throws {
        let line = "h memory=8g nice=10 speed=1.5 labels=fast,arm address=2001:db8::7"
        let host = try #require(try Inventory.parse(line, file: "hosts.txt").hosts.first)
        #expect(host.memory == 8 << 30 && host.niceness == 10 && host.speed == 1.5)
        #expect(host.labels == ["fast", "arm"] && host.address == "2001:db8::7")
        let plain = try #require(try Inventory.parse("h", file: "hosts.txt").hosts.first)
        #expect(plain.memory == nil && plain.niceness == 0 && plain.speed == 1 && plain.labels.isEmpty)
    }

    /// A line, the column of its fault, and words of the message.
    private static let faults: [(line: String, column: Int, words: String)] = [
        ("h slots=0", 9, "slots cannot be “0”"), ("h slots=1e9", 9, "slots cannot be “1e9”"),
        ("h slots=257", 9, "“257”"), ("h slots=-1", 9, "“-1”"), ("h slots=", 9, "“”"), ("h slots=٣", 9, "“٣”"),
        ("h slots=99999999999999999999", 9, "slots cannot be"), ("h slots=5 environments=2", 3, "not a multiple"),
        ("h environments=2", 3, "slots (1) is not a multiple"), ("h colour=red", 3, "no key “colour”"),
        ("h slots=1 slots=2", 11, "given twice"), ("h other", 3, "not key=value"), ("h =5", 3, "not key=value"),
        ("h memory=8", 10, "memory cannot be “8”"), ("h memory=8GB", 10, "“8GB”"), ("h memory=63M", 10, "“63M”"),
        ("h memory=-8G", 10, "“-8G”"), ("h memory=99999999T", 10, "memory cannot be"), ("h memory=", 10, "“”"),
        ("h labels=a,,b", 10, "labels cannot contain “”"), ("h labels=a/b", 10, "“a/b”"),
        ("h speed=0", 9, "speed cannot be “0”"), ("h speed=-1", 9, "“-1”"), ("h speed=inf", 9, "“inf”"),
        ("h speed=0x1", 9, "“0x1”"), ("h nice=20", 8, "nice cannot be “20”"), ("h nice=-1", 8, "“-1”"),
        ("h address=u@h", 11, "address cannot be “u@h”"), ("h address=h:22", 11, "“h:22”"),
        ("orb:", 5, "not the name of a machine"), ("h driver=docker", 10, "there is no driver"),
        ("h driver=vm", 10, "no driver “vm”"), ("h modes=solo,duo", 9, "no mode “duo”"), ("h modes=", 9, "no mode"),
        ("::1", 1, "several colons"), ("[::1", 1, "no closing bracket"), ("[::1]22", 1, "“22” follows the bracket"),
        ("[nonsense]:22", 1, "not an IPv6 address"), ("h:0", 1, "not a port"), ("h:65536", 1, "not a port"),
        ("h:", 1, "not a port"), ("h:22x", 1, "not a port"), ("@h", 1, "not a user's name"),
        ("-oProxyCommand=x", 1, "name of a host"),
        ("-l@h", 1, "not a user's name"), ("a..b", 1, "not the name of a host"), ("höst", 1, "not the name of a host"),
        ("u@", 1, "not the name of a host"), ("h$(reboot)", 1, "not the name of a host"),
        ("local identity=k", 7, "takes no identity"), ("h identity=", 12, "identity cannot be"),
        ("h workdir=relative", 11, "workdir cannot be"), ("h workdir=/a/../b", 11, "contains .."),
        ("h slots=2#comment", 9, "slots cannot be"), ("é@h ünknown=1", 5, "no key"),
    ]

    @Test("a wrong line is named with its column and what to do", arguments: faults)
    func fault(line: String, column: Int, words: String) throws {
        let error = #expect(throws: InputErrors.self) { _ = try parse("good\n" + line + "\n") }
        let found = try #require(error?.errors.first { $0.message.contains(words) }, "\(String(describing: error))")
        #expect(found.line == 2 && found.column == column && found.file == "hosts.txt")
        #expect(!found.advice.isEmpty)
    }

    @Test(
        "a host named twice is told with the first line",
        arguments: [("h", "H:22"), ("a@h", "a@h"), ("local", "local")])
    func duplicates(first: String, second: String) {
        let error = #expect(throws: InputErrors.self) { _ = try parse("\(first)\nother\n  \(second) slots=2\n") }
        #expect(error?.errors.map(\.message) == ["the host “\(second)” is named twice, first in line 1"])
        #expect(error?.errors.first?.line == 3 && error?.errors.first?.column == 3)
    }

    @Test("two users of one host are two hosts")
    func users() throws { #expect(try parse("a@h\nb@h\n").count == 2) }

    @Test("all errors come at once")
    func together() {
        let text = "h slots=0 colour=red\nh:99999 modes=duo environments=x\nfine\n"
        let error = #expect(throws: InputErrors.self) { _ = try parse(text) }
        #expect(error?.errors.map { "\($0.line ?? 0):\($0.column ?? 0)" } == ["1:9", "1:11", "2:1", "2:15", "2:32"])
        #expect(error?.description.split(separator: "\n").count == 5)
        #expect(error?.description.hasPrefix("hosts.txt:1:9: slots cannot be “0”; write a whole number") == true)
    }

    @Test("a file without hosts says what to write", arguments: ["", "\n\n", "# only words\n", "  \r\n"])
    func empty(text: String) {
        let error = #expect(throws: InputErrors.self) { _ = try parse(text) }
        #expect(error?.errors.first?.message == "the file names no host")
    }

    @Test("a line of a megabyte is one short error")
    func longLine() {
        let text = "good\n" + String(repeating: "x", count: 1 << 20) + "\nh slots=0\n"
        let error = #expect(throws: InputErrors.self) { _ = try parse(text) }
        #expect(error?.errors.map(\.line) == [2, 3])
        #expect((error?.description.utf8.count ?? .max) < 500)
    }

    @Test("a thousand wrong lines do not flood the terminal")
    func manyErrors() {
        let error = #expect(throws: InputErrors.self) { _ = try parse(String(repeating: "h slots=0\n", count: 1000)) }
        #expect(error?.errors.count == 1999)
        #expect(error?.description.split(separator: "\n").count == 51)
    }

    @Test("a control character in a message is made visible")
    func controlCharacters() {
        let error = #expect(throws: InputErrors.self) { _ = try parse("h key\u{1B}[2J=1\n") }
        #expect(error?.description.unicodeScalars.contains("\u{1B}") == false)
    }
}
