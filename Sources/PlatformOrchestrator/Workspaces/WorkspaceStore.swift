import FleetSystem
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A workspace as callers see it.
struct Workspace: Sendable, Codable, Hashable {
    let name: String
    let path: String
    let createdAt: Timestamp
    /// Sorted relative paths, directories with a final slash; only where one workspace was asked for.
    var entries: [String]?
    /// Who made it, and the tier of what is in it; only where somebody asked over the network.
    var owner: String?
    var environment: Tier?

    enum CodingKeys: String, CodingKey {
        case name, path, entries, owner, environment
        case createdAt = "created_at"
    }
}

/// Workspaces on disk: directories with the platform's layout.
struct WorkspaceStore: Sendable {
    /// More entries than that are not listed.
    private static let listed = 10_000

    private let directory: String

    init(directory: String) throws {
        self.directory = directory
        try PrivateDirectory.ensure(directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix(".") {
            // A kill between the two moves of a replacement: the old one comes back.
            if name.hasPrefix(Self.oldMark) {
                let place = "\(directory)/\(name.dropFirst(Self.oldMark.count))"
                if (try? FileManager.default.moveItem(atPath: "\(directory)/\(name)", toPath: place)) != nil {
                    continue
                }
            }
            _ = DirectoryTree.remove("\(directory)/\(name)")
        }
    }

    /// Makes a workspace. Throws when the name is wrong or taken.
    func create(_ name: String, from template: WorkspaceTemplate = .standard) throws -> Workspace {
        guard isResourceName(name) else {
            throw PlatformError(.invalid, "name: \"\(name)\" is no name; \(resourceNameRule)")
        }
        // Made beside its place and renamed, so that nobody sees half a workspace.
        let draft = "\(directory)/.\(UUID().uuidString)"
        defer { _ = DirectoryTree.remove(draft) }
        try fill(draft, name: name, template)
        guard rename(draft, "\(directory)/\(name)") else {
            throw PlatformError(.conflict, "there is a workspace \(name) already")
        }
        return try workspace(name)
    }

    /// Every workspace, by name, without entries.
    func all() throws -> [Workspace] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { !$0.hasPrefix(".") }.sorted()
            // One that was removed since is no longer there, and that is no error.
            .compactMap { try? workspace($0, withEntries: false) }
    }

    /// One workspace. Throws when there is none.
    func workspace(_ name: String, withEntries: Bool = true) throws -> Workspace {
        let path = "\(directory)/\(name)"
        guard isResourceName(name), let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            throw PlatformError(.notFound, "there is no workspace \(name)")
        }
        let file = "\(path)/\(Self.birthFile)"
        let birth = FileManager.default.contents(atPath: file).flatMap {
            try? JSONDecoder().decode(Timestamp.self, from: $0)
        }
        let changed = (attributes[.modificationDate] as? Date).map(Timestamp.init) ?? .now()
        return Workspace(
            name: name, path: path, createdAt: birth ?? changed, entries: withEntries ? entries(below: path) : nil)
    }

    /// Removes a workspace with all that is in it. Throws when there is none.
    func remove(_ name: String) throws {
        _ = try workspace(name, withEntries: false)
        let left = DirectoryTree.remove("\(directory)/\(name)")
        guard left.isEmpty else {
            throw PlatformError(.failed, "the workspace \(name) cannot be removed: \(left.joined(separator: "; "))")
        }
    }
}

extension WorkspaceStore {
    /// Copies a workspace into a directory that is not there yet.
    func copy(_ name: String, to path: String) throws {
        let workspace = try workspace(name, withEntries: false)
        try FileManager.default.copyItem(atPath: workspace.path, toPath: path)
    }

    /// Puts a tree in place of a workspace, or makes one of it; the tree is gone from its place then. Nobody sees half of it.
    func put(_ tree: String, as name: String) throws -> Workspace {
        guard isResourceName(name) else {
            throw PlatformError(.invalid, "name: \"\(name)\" is no name; \(resourceNameRule)")
        }
        let place = "\(directory)/\(name)"
        let old = "\(directory)/\(Self.oldMark)\(name)"
        _ = DirectoryTree.remove(old)
        if FileManager.default.fileExists(atPath: place) {
            try FileManager.default.moveItem(atPath: place, toPath: old)
        }
        do { try FileManager.default.moveItem(atPath: tree, toPath: place) } catch {
            try? FileManager.default.moveItem(atPath: old, toPath: place)
            throw PlatformError(.failed, "the workspace \(name) cannot be put into its place: \(error)")
        }
        _ = DirectoryTree.remove(old)
        return try workspace(name)
    }

    private static let oldMark = ".old-"
    private static let birthFile = "runtime/state/workspace.json"

    private func fill(_ path: String, name: String, _ template: WorkspaceTemplate) throws {
        let layout = InterfaceProfile.standard.workspace
        try PrivateDirectory.ensure(path)
        for directory in layout.directories { try PrivateDirectory.ensure("\(path)/\(directory.dropLast())") }
        for file in layout.files {
            try AtomicFile.write(Array(template.text(of: file, workspace: name).utf8), to: "\(path)/\(file)")
        }
        try AtomicFile.write(JSONEncoder().encode(Timestamp.now()), to: "\(path)/\(Self.birthFile)")
    }

    private func rename(_ draft: String, _ place: String) -> Bool {
        // A move onto a directory that is there is an error, whoever made it a moment ago.
        (try? FileManager.default.moveItem(atPath: draft, toPath: place)) != nil
    }

    private func entries(below path: String) -> [String] {
        var found: [String] = []
        func visit(_ relative: String) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(relative)")) ?? []
            for name in names where found.count < Self.listed {
                let entry = relative + name
                let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(entry)")
                if attributes?[.type] as? FileAttributeType == .typeDirectory {
                    found.append("\(entry)/")
                    visit("\(entry)/")
                } else {
                    found.append(entry)
                }
            }
        }
        visit("")
        return found.sorted()
    }
}
