/// Reads the criteria of a `Match` line.
struct MatchReader {
    let line: ConfigLine
    let file: String
    let number: Int

    /// The criteria in their order; at least one.
    func criteria() throws(ConfigLine.Fault) -> [MatchCriterion] {
        // Columns count from the beginning of the arguments.
        let offset = line.rest.column - 1
        do throws(ConfigLine.Fault) {
            var cursor = ConfigCursor(Array(line.rest.text.utf8), at: 0)
            var found: [MatchCriterion] = []
            while let word = try cursor.next(), !word.text.isEmpty, !word.text.hasPrefix("#") {
                found.append(try criterion(word, after: found, &cursor, offset: offset))
                if found.last?.kind == .all { break }
            }
            guard !found.isEmpty else {
                throw ConfigLine.Fault(message: "Match has no criterion", column: 1)
            }
            return found
        } catch {
            throw ConfigLine.Fault(message: error.message, column: error.column + offset)
        }
    }

    private func criterion(
        _ word: ConfigLine.Word, after found: [MatchCriterion], _ cursor: inout ConfigCursor, offset: Int
    ) throws(ConfigLine.Fault) -> MatchCriterion {
        let isNegated = word.text.hasPrefix("!")
        let name = (isNegated ? String(word.text.dropFirst()) : word.text).lowercased()
        let place = ConfigPlace(file: file, line: number, column: word.column + offset)
        func made(_ kind: MatchCriterion.Kind) -> MatchCriterion {
            MatchCriterion(kind: kind, isNegated: isNegated, place: place)
        }
        switch name {
        case "all":
            let next = try cursor.next()?.text ?? ""
            guard found.count <= 1, next.isEmpty || next.hasPrefix("#") else {
                throw ConfigLine.Fault(message: "`all` stands alone, or after canonical or final", column: word.column)
            }
            return made(.all)
        case "canonical": return made(.canonical)
        case "final": return made(.refused(name))
        default: break
        }
        guard let argument = try cursor.next()?.text, !argument.isEmpty, !argument.hasPrefix("#") else {
            throw ConfigLine.Fault(message: "the criterion \(name) has no argument", column: word.column)
        }
        switch name {
        case "host": return made(.host(argument))
        case "originalhost": return made(.originalHost(argument))
        case "user": return made(.user(argument))
        case "localuser": return made(.localUser(argument))
        case "exec", "tagged", "localnetwork", "version", "sessiontype", "command": return made(.refused(name))
        default:
            throw ConfigLine.Fault(
                message: "Match has no criterion \(ConfigText.quote(name))", column: word.column)
        }
    }
}
