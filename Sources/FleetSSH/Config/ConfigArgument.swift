/// Reads the arguments of a keyword that is obeyed.
struct ConfigArgument {
    let line: ConfigLine

    func value(of keyword: ConfigKeyword.Obeyed) throws(ConfigLine.Fault) -> ConfigValue {
        switch keyword {
        case .hostName: return .hostName(try word())
        case .port: return .port(try port())
        case .user: return .user(try word())
        case .identityFile: return .identityFile(try word())
        case .identitiesOnly: return .identitiesOnly(try flag())
        case .identityAgent: return .identityAgent(try word())
        case .userKnownHostsFile: return .userKnownHostsFile(try paths())
        case .globalKnownHostsFile: return .globalKnownHostsFile(try paths())
        case .strictHostKeyChecking:
            guard let value = StrictChecking(word: try word()) else { throw bad("yes, no, ask, off or accept-new") }
            return .strictHostKeyChecking(value)
        case .hostKeyAlias: return .hostKeyAlias(try word())
        case .proxyJump: return .proxyJump(try jump())
        case .proxyCommand:
            let command = afterEquals
            return .proxyCommand(command.lowercased() == "none" ? nil : command)
        case .ignoreUnknown: return .ignoreUnknown(try word())
        }
    }

    private func word() throws(ConfigLine.Fault) -> String {
        guard let first = line.words.first, !first.text.isEmpty else {
            throw ConfigLine.Fault(message: "\(line.keyword.text) has no argument", column: line.keyword.column)
        }
        guard line.words.count == 1 else {
            throw ConfigLine.Fault(
                message: "\(line.keyword.text) takes one argument; put quotes around blanks",
                column: line.words[1].column)
        }
        return first.text
    }

    private func bad(_ wanted: String) -> ConfigLine.Fault {
        let text = line.words.first?.text ?? ""
        return ConfigLine.Fault(
            message: "\(line.keyword.text) cannot be \(ConfigText.quote(text)), but \(wanted)",
            column: line.words.first?.column ?? line.rest.column)
    }

    private func flag() throws(ConfigLine.Fault) -> Bool {
        switch try word().lowercased() {
        case "yes", "true": return true
        case "no", "false": return false
        default: throw bad("yes or no")
        }
    }

    private func port() throws(ConfigLine.Fault) -> Int {
        let text = try word()
        guard let port = ConfigText.port(text) else { throw bad("a number from 1 to 65535, or a service's name") }
        return port
    }

    private func paths() throws(ConfigLine.Fault) -> [String] {
        guard !line.words.isEmpty else {
            throw ConfigLine.Fault(message: "\(line.keyword.text) has no argument", column: line.keyword.column)
        }
        for word in line.words {
            if word.text.isEmpty { throw ConfigLine.Fault(message: "the path is empty", column: word.column) }
            if word.text.lowercased() == "none", line.words.count > 1 {
                throw ConfigLine.Fault(message: "none stands alone", column: word.column)
            }
        }
        return line.words.map(\.text)
    }

    /// What `ProxyCommand` and `ProxyJump` take: everything to the end of the line.
    private var afterEquals: String {
        String(line.rest.text.drop { $0 == "=" || $0 == " " || $0 == "\t" })
    }

    private func jump() throws(ConfigLine.Fault) -> [JumpHop]? {
        let text = afterEquals.prefix { $0 != "#" }
        let list = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        if list.count == 1, list[0].lowercased() == "none" { return nil }
        guard list.count == 1 else { throw bad("[user@]host[:port], several with commas and without blanks") }
        var hops: [JumpHop] = []
        for part in list[0].split(separator: ",", omittingEmptySubsequences: false) {
            guard let hop = JumpHop(String(part)) else {
                throw ConfigLine.Fault(
                    message: "\(ConfigText.quote(part)) is not [user@]host[:port] or ssh://[user@]host[:port]",
                    column: line.rest.column)
            }
            hops.append(hop)
        }
        return hops
    }
}
