import Foundation

/// A program that a test asks for help.
enum Tool {
    /// What a program of the search path printed on both streams; throws when it did not end with 0.
    static func run(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(name: name, output: output) }
        return output
    }

    struct Failed: Error {
        var name: String
        var output: String
    }
}
