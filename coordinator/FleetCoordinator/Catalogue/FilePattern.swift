/// A pattern of paths below a folder: `*` and `?` within one name, `**` for any number of folders.
///
/// `*`, `?` and `**` do not match a name that begins with a dot; write the dot. `tests/**` means every file below
/// `tests`, at any depth.
struct FilePattern: Hashable, Sendable, CustomStringConvertible {
    /// Why a text is not a pattern.
    struct Fault: Error {
        var message: String
        var advice: String
    }

    /// One component.
    enum Component: Hashable, Sendable {
        /// A name as it is.
        case name(String)
        /// A name with `*` or `?`.
        case wildcard([Character])
        /// `**`: no folder, one, or several.
        case anyFolders
    }

    /// The components, at least one; the last is never `anyFolders`.
    let components: [Component]
    /// The pattern as it was written, without `./`.
    let description: String

    /// Reads a pattern.
    init(_ text: String) throws(Fault) {
        let names = text.split(separator: "/", omittingEmptySubsequences: false).filter { $0 != "." }
        guard !text.hasPrefix("/"), !names.contains("..") else {
            let advice = "copy the files below the suite file's folder and name them relative to it"
            throw Fault(message: "\(InputError.quote(text)) leaves the folder", advice: advice)
        }
        guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 255 }), text.utf8.count <= 1024,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            let advice = "write names with one / between them, such as tests/**"
            throw Fault(message: "\(InputError.quote(text)) is not a pattern of files", advice: advice)
        }
        guard !text.contains(where: { "[]{}\\".contains($0) }) else {
            let advice = "only *, ? and ** have a meaning; rename files that need [ ] { } or a backslash"
            throw Fault(message: "\(InputError.quote(text)) has a bracket, a brace or a backslash", advice: advice)
        }
        var components: [Component] = []
        for name in names {
            if name == "**" {
                if components.last != .anyFolders { components.append(.anyFolders) }
            } else if name.contains("**") {
                throw Fault(message: "\(InputError.quote(name)) is not a name", advice: "write ** alone between two /")
            } else if name.contains(where: { $0 == "*" || $0 == "?" }) {
                components.append(.wildcard(Array(name)))
            } else {
                components.append(.name(String(name)))
            }
        }
        // Every file below: any folders, then any name.
        if components.last == .anyFolders { components.append(.wildcard(["*"])) }
        self.components = components
        self.description = names.joined(separator: "/")
    }

    /// Whether a name fits a wildcard.
    static func matches(_ name: String, _ wildcard: [Character]) -> Bool {
        if name.hasPrefix("."), wildcard.first != "." { return false }
        let name = Array(name)
        var position = 0
        var index = 0
        // Where to go on when the last star has to take one character more.
        var star: (position: Int, index: Int)?
        while position < name.count {
            if index < wildcard.count, wildcard[index] == "*" {
                star = (position, index)
                index += 1
            } else if index < wildcard.count, wildcard[index] == "?" || wildcard[index] == name[position] {
                position += 1
                index += 1
            } else if let last = star {
                position = last.position + 1
                index = last.index + 1
                star = (position, last.index)
            } else {
                return false
            }
        }
        return wildcard[index...].allSatisfy { $0 == "*" }
    }
}
