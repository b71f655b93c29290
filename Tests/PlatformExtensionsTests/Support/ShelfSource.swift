import FleetSystem
import FleetTestSupport
import Foundation
import PlatformService

@testable import PlatformExtensions

/// A source of a test: packs directories, counts what is asked of it, and fails when it should.
final class ShelfSource: ExtensionSource {
    struct State {
        var folders: [ExtensionKey: String] = [:]
        var downloads: [ExtensionKey] = []
        var questions = 0
        var failure: PlatformError?
    }

    let kind: SourceKind
    let state = Locked(State())
    private let directory: String

    init(_ kind: SourceKind, in directory: String) {
        self.kind = kind
        self.directory = directory
    }

    /// Puts a taskserv on the shelf; returns its folder, for the test to break.
    @discardableResult
    func add(_ name: String, _ text: String, needs: String = "[]") throws -> ExtensionFolder {
        let path = "\(directory)/\(kind.rawValue)/\(name)/\(text)"
        let folder = try ExtensionFolder.taskserv(name, text, needs: needs, at: path)
        let key = ExtensionKey(try ExtensionID(.taskserv, name), try version(text))
        state.withLock { $0.folders[key] = path }
        return folder
    }

    var downloads: [String] { state.withLock { $0.downloads.map { "\($0.id.name) \($0.version)" } } }

    func fail(_ error: PlatformError?) { state.withLock { $0.failure = error } }

    func checkHealth() async throws { if let error = state.withLock({ $0.failure }) { throw error } }

    func versions(of id: ExtensionID) async throws -> [SemanticVersion] {
        try await checkHealth()
        return state.withLock { state in
            state.questions += 1
            return state.folders.keys.filter { $0.id == id }.map(\.version)
        }
    }

    func download(_ key: ExtensionKey, to path: String) async throws -> (digest: Digest, size: Int) {
        try await checkHealth()
        let folder = state.withLock { state in
            state.downloads.append(key)
            return state.folders[key]
        }
        guard let folder else { throw PlatformError(.notFound, "the shelf has no \(key)") }
        try await LocalDirectory.pack(folder, to: path)
        return (try Digest(ofFile: path), try FileState.size(of: path))
    }
}
