/// Replaces `%h` and its like, and `${NAME}`.
struct ConfigTokens {
    /// Why a text cannot be completed.
    struct Fault: Error, Hashable {
        var message: String
    }

    /// What stands for each letter; `%%` is always a percent sign.
    var values: [Character: String]
    /// The environment for `${NAME}`; nil where that is not replaced.
    var variables: [String: String]?

    /// The text with everything replaced.
    func expand(_ text: String) throws(Fault) -> String {
        var result = ""
        var rest = text[...]
        while let mark = rest.first {
            rest = rest.dropFirst()
            if mark == "%" {
                guard let letter = rest.popFirst() else { throw Fault(message: "it ends with a single %") }
                guard let value = letter == "%" ? "%" : values[letter] else {
                    throw Fault(message: "%\(letter) is not offered here")
                }
                result += value
            } else if mark == "$", rest.first == "{", let variables {
                guard let close = rest.firstIndex(of: "}") else { throw Fault(message: "${ is not closed") }
                let name = String(rest[rest.index(after: rest.startIndex)..<close])
                guard let value = variables[name] else {
                    throw Fault(message: "the variable \(ConfigText.quote(name)) is not set")
                }
                result += value
                rest = rest[rest.index(after: close)...]
            } else {
                result.append(mark)
            }
        }
        return result
    }
}
