import FleetModel
import Yams

// The fields that say how a command is started.

extension SuiteReader {
    mutating func readCommand(_ fields: [String: Field], _ node: Node) -> CommandSpecification.Command? {
        guard let field = fields["command"] else {
            fail(
                node, "a test has no command", "write `command: [program, argument]` or `command: a line for the shell`"
            )
            return nil
        }
        let command: CommandSpecification.Command
        var length = 0
        if case .sequence(let sequence) = field.value {
            var arguments: [String] = []
            for item in sequence {
                guard let argument = text(item, "an argument of command", allowingEmpty: true) else { return nil }
                length += argument.utf8.count + 1
                arguments.append(argument)
            }
            command = .arguments(arguments)
        } else {
            guard let line = text(field.value, "command") else { return nil }
            length = line.utf8.count
            command = .shell(line)
        }
        guard command.isRunnable else {
            fail(field.value, "the command is empty", "name a program, or write a line for the shell")
            return nil
        }
        guard length <= Self.maximumCommandLength else {
            let message = "the command has \(length) bytes, more than \(Self.maximumCommandLength)"
            fail(field.value, message, "put it into a script and name that in `files:`")
            return nil
        }
        return command
    }

    /// A test without an environment has no endpoints: told here, not by a host later.
    mutating func checkEndpoints(of command: CommandSpecification.Command, _ modes: [Mode], _ fields: [String: Field]) {
        guard modes.isEmpty, fields["mode"] == nil, fields["modes"] == nil, let field = fields["command"] else {
            return
        }
        let words =
            switch command {
            case .arguments(let arguments): arguments
            case .shell(let line): [line]
            }
        let placeholder = /\{[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\}/
        guard let match = words.lazy.compactMap({ $0.firstMatch(of: placeholder) }).first else { return }
        fail(field.value, "\(match.0) stands for an endpoint, but the test has no environment", "add `mode: solo`")
    }

    mutating func readVariables(_ node: Node?) -> [String: String] {
        guard let node else { return [:] }
        guard case .mapping(let mapping) = node else {
            fail(node, "env is not a table", "write `env:` and below it NAME: value")
            return [:]
        }
        var variables: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = text(key, "a name in env"), let value = text(value, "env", allowingEmpty: true) else {
                continue
            }
            let isName = name.utf8.enumerated().allSatisfy { position, byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): position > 0
                default: false
                }
            }
            if !isName {
                fail(key, "\(InputError.quote(name)) is not the name of a variable", "use A-Z, a-z, 0-9 and _")
            } else if name.hasPrefix("FLEET_") {
                fail(key, "\(name) is ours: the endpoints have such names", "choose another name")
            } else {
                variables[name] = value
            }
        }
        return variables
    }

    mutating func readArtifacts(_ node: Node?) -> [String] {
        var patterns: [String] = []
        for item in node.flatMap({ list($0, "artifacts") }) ?? [] {
            guard let text = text(item, "a pattern of artifacts") else { continue }
            do {
                patterns.append(try FilePattern(text).description)
            } catch {
                fail(item, error.message, error.advice)
            }
        }
        return patterns
    }
}
