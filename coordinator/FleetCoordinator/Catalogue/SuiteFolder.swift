#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The folder of a suite file: finds the files that patterns name, and never leaves it.
struct SuiteFolder {
    /// The most files that one suite brings along.
    static let maximumFiles = 20_000
    /// The most bytes that they may have together.
    static let maximumSize = 1 << 30

    /// The folder, absolute, links resolved.
    let root: String

    /// The folder that a suite file lies in.
    init(of file: String) throws(InputErrors) {
        let parent = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        guard let root = Self.resolve(parent) else {
            let message = "its folder cannot be found: \(InputFile.reason(errno))"
            throw InputErrors([InputError(file: file, message: message, advice: "name the file by its full path")])
        }
        self.root = root
    }

    /// The files that the patterns name, each once, ordered by path.
    ///
    /// - Throws: `InputErrors` for each pattern that matches nothing, or something that cannot be brought along.
    func files(matching patterns: [(pattern: FilePattern, place: InputPlace)], of file: String) throws(InputErrors)
        -> [SuiteMember]
    {
        var members: [String: SuiteMember] = [:]
        var errors: [InputError] = []
        for (pattern, place) in patterns {
            var search = SuiteSearch(root: root)
            search.visit("", pattern.components[...])
            if search.found.isEmpty, search.faults.isEmpty {
                let message = "\(InputError.quote(pattern.description)) matches no file in \(root)"
                search.faults.append((message, "correct it, or remove it; a folder's files are FOLDER/**"))
            }
            members.merge(search.found) { first, _ in first }
            for (message, advice) in search.faults {
                errors.append(
                    InputError(file: file, line: place.line, column: place.column, message: message, advice: advice))
            }
        }
        let size = members.values.reduce(0) { $0 + $1.size }
        if members.count > Self.maximumFiles || size > Self.maximumSize {
            let message = "`files:` names \(members.count) files with \(size >> 20) MiB"
            let advice = "at most \(Self.maximumFiles) files with \(Self.maximumSize >> 20) MiB can be brought along"
            errors.append(InputError(file: file, message: message, advice: advice))
        }
        guard errors.isEmpty else { throw InputErrors(errors) }
        return members.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// A path without links; nil when it leads nowhere.
    static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// One walk through a suite's folder for one pattern.
struct SuiteSearch {
    /// The folder, absolute, links resolved.
    let root: String
    /// What was found, by path.
    var found: [String: SuiteMember] = [:]
    /// What stood in the way: what is wrong, and what to do.
    var faults: [(message: String, advice: String)] = []

    private enum Kind { case file(stat), folder, link, other }

    init(root: String) { self.root = root }

    /// Follows the rest of a pattern from a folder, given by its path below the root.
    mutating func visit(_ folder: String, _ components: ArraySlice<FilePattern.Component>) {
        guard let first = components.first, found.count <= SuiteFolder.maximumFiles else { return }
        let rest = components.dropFirst()
        switch first {
        case .name(let name):
            take(join(folder, name), rest, isNamed: true)
        case .wildcard(let wildcard):
            for name in names(in: folder) where FilePattern.matches(name, wildcard) {
                take(join(folder, name), rest, isNamed: false)
            }
        case .anyFolders:
            visit(folder, rest)
            for name in names(in: folder) where !name.hasPrefix(".") {
                switch kind(of: join(folder, name)) {
                case .folder: visit(join(folder, name), components)
                case .link where isFolder(join(folder, name)): refuseLinkedFolder(join(folder, name))
                case .file, .link, .other, nil: break
                }
            }
        }
    }

    private mutating func take(_ path: String, _ rest: ArraySlice<FilePattern.Component>, isNamed: Bool) {
        guard let kind = kind(of: path) else { return }
        if rest.isEmpty {
            takeLast(path, kind, isNamed: isNamed)
            return
        }
        switch kind {
        case .folder: visit(path, rest)
        case .link where isFolder(path): refuseLinkedFolder(path)
        case .file, .link, .other: break
        }
    }

    private mutating func takeLast(_ path: String, _ kind: Kind, isNamed: Bool) {
        switch kind {
        case .file(let status): add(path, source: root + "/" + path, status)
        case .link: takeLink(path)
        case .folder:
            guard isNamed else { return }
            faults.append(("\(InputError.quote(path)) is a folder", "write \(path)/** for the files below it"))
        case .other:
            faults.append(("\(InputError.quote(path)) is not a plain file", "leave it out"))
        }
    }

    /// A link inside the folder to a file inside the folder stands for that file.
    private mutating func takeLink(_ path: String) {
        guard let target = SuiteFolder.resolve(root + "/" + path) else {
            faults.append(("the link \(InputError.quote(path)) leads nowhere", "remove it, or mend it"))
            return
        }
        guard target.hasPrefix(root == "/" ? root : root + "/") else {
            let advice = "copy the file itself into the folder"
            faults.append(("the link \(InputError.quote(path)) leads out of the folder", advice))
            return
        }
        var status = stat()
        guard stat(target, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            if !isFolder(path) { faults.append(("\(InputError.quote(path)) is not a plain file", "leave it out")) }
            return
        }
        add(path, source: target, status)
    }

    private mutating func refuseLinkedFolder(_ path: String) {
        let advice = "name the folder itself: links to folders are not followed"
        faults.append(("\(InputError.quote(path)) is a link to a folder", advice))
    }

    private mutating func add(_ path: String, source: String, _ status: stat) {
        found[path] = SuiteMember(
            path: path, source: source, mode: UInt32(status.st_mode & 0o777), size: Int(status.st_size))
    }

    private func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    private func kind(of path: String) -> Kind? {
        var status = stat()
        guard lstat(root + "/" + path, &status) == 0 else { return nil }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file(status)
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .other
        }
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(root + "/" + path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private mutating func names(in folder: String) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder).sorted()
        } catch {
            let message = "the folder \(InputError.quote(folder.isEmpty ? root : folder)) cannot be read"
            faults.append((message, "make it readable for you"))
            return []
        }
    }
}
