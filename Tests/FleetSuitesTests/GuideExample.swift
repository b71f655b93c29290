import FleetModel
import Foundation
import Testing

@testable import FleetTestKit

/// The example of docs/TESTING_GUIDE.md.
enum GuideExample {
    static let serverHasAName = test(
        "guide/server-has-a-name", "A server has a name", modes: .from(.solo), estimate: 2
    ) { context in
        let server = try await context.step("create a server") { try await context.makeServer("guide") }
        let address = try require(server.address, "the address of the server")
        try await context.step("the name server knows it") {
            try await context.expectAddresses([address], of: "\(server.name).\(try context.zone)")
        }
        let platform = try await context.platform
        try await context.step("deleted, it is gone") {
            try await platform.completed(try await platform.deleteServers([server.name]))
            try await eventually("the name does not resolve") {
                let found = try await context.dns.values("\(server.name).\(try context.zone)", .a)
                try expectEqual(found, [], "the addresses")
            }
        }
    }
}

@Suite("The guide for writing tests")
struct GuideTests {
    @Test("its example is the code that is compiled and run here")
    func example() throws {
        let here = URL(filePath: #filePath)
        let source = try String(contentsOf: here, encoding: .utf8)
        let guide = here.deletingLastPathComponent().appending(path: "../../docs/TESTING_GUIDE.md").standardizedFileURL
        let text = try String(contentsOf: guide, encoding: .utf8)
        let block = try #require(text.split(separator: "```swift\n").dropFirst().first?.split(separator: "```").first)
        let lines = block.split(separator: "\n").map { "    \($0)" }
        #expect(lines.count > 10 && source.contains(lines.joined(separator: "\n")))
    }
}
