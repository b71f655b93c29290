import Foundation
import NIOCore

/// The files of the contract, read from the source tree.
enum Golden {
    /// A line that is not in the written form of our encoder, and the one that means the same.
    struct Tolerated: Decodable, CustomStringConvertible {
        var what: String
        var line: String
        var means: String

        var description: String { what }
    }

    /// A line that must be refused, and the code that says so.
    struct Bad: Decodable, CustomStringConvertible {
        var what: String
        var code: String
        var line: String?
        var base64: String?

        var description: String { "\(code): \(what)" }

        var bytes: ByteBuffer {
            ByteBuffer(bytes: line.map { Data($0.utf8) } ?? base64.flatMap { Data(base64Encoded: $0) } ?? Data())
        }
    }

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let contract = repository.appending(path: "protocol")

    static func lines(_ name: String) throws -> [String] {
        let text = try String(contentsOf: contract.appending(path: "golden/\(name).jsonl"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    static func good() throws -> [String] { try lines("good") }

    static func tolerated() throws -> [Tolerated] {
        try lines("tolerated").map { try JSONDecoder().decode(Tolerated.self, from: Data($0.utf8)) }
    }

    static func bad() throws -> [Bad] {
        try lines("bad").map { try JSONDecoder().decode(Bad.self, from: Data($0.utf8)) }
    }

    /// The messages that PROTOCOL.md shows: one in each block of JSON.
    static func examples() throws -> [String] {
        let text = try String(contentsOf: contract.appending(path: "PROTOCOL.md"), encoding: .utf8)
        var examples: [String] = []
        var open: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```json" {
                open = []
            } else if line == "```", let lines = open {
                examples.append(lines.joined(separator: " "))
                open = nil
            } else {
                open?.append(line)
            }
        }
        return examples
    }
}
