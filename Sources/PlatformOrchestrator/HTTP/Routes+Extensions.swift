import Hummingbird
import InterfaceProfile
import PlatformExtensions
import PlatformService

extension Routes {
    /// Extensions: what is loaded, and what the cache does.
    func addExtensions(to router: Router<Context>) {
        addExtensionChanges(to: router)
        router.get(path(paths.extensions)) { _, _ in try Answer.data(await services.loader.loaded) }
        router.get(path(paths.extensionCache)) { _, _ in try Answer.data(await services.loader.statistics) }
        router.get(path(paths.loadedExtension)) { request, context in
            let id = try Self.id(context)
            let version = try Self.version(request)
            let found = await services.loader.loaded.first { loaded in
                loaded.key.id == id && (version == nil ? loaded.isCurrent : loaded.key.version == version)
            }
            guard let found else { throw Self.isNotLoaded(id, version) }
            return try Answer.data(found)
        }
        router.delete(path(paths.loadedExtension)) { request, context in
            let id = try Self.id(context)
            let version = try Self.version(request)
            let count = try await services.loader.unload(id, version: version)
            guard count > 0 else { throw Self.isNotLoaded(id, version) }
            return try Answer.data(["unloaded": count])
        }
    }

    /// Extensions: loading, updating, going back, looking at one.
    private func addExtensionChanges(to router: Router<Context>) {
        router.post(path(paths.loadExtension)) { request, context in
            let wanted = try await body(WantedExtension.self, request, context)
            let load = try await services.loader.load(try wanted.request())
            return try Answer.data(LoadView(load))
        }
        router.post(path(paths.validateExtension)) { request, context in
            let wanted = try await body(WantedExtension.self, request, context)
            return try Answer.data(try await services.loader.validate(try wanted.request()))
        }
        router.post(path(paths.updateExtension)) { request, context in
            let wanted = try await body(WantedUpdate.self, request, context)
            let reference = ExtensionReference(
                try Self.id(context), try VersionConstraint(parsing: wanted.version ?? ""))
            let (previous, load) = try await services.loader.update(
                reference, source: try SourceKind.choice(parsing: wanted.source))
            return try Answer.data(
                ChangeView(previous: previous.version, version: load?.wanted.key.version ?? previous.version))
        }
        router.post(path(paths.rollbackExtension)) { _, context in
            let (previous, load) = try await services.loader.rollback(try Self.id(context))
            return try Answer.data(ChangeView(previous: previous.version, version: load.key.version))
        }
    }

    private static func id(_ context: Context) throws -> ExtensionID {
        try ExtensionID(
            ExtensionType(parsing: try context.parameters.require("type")), try context.parameters.require("name"))
    }

    private static func version(_ request: Request) throws -> SemanticVersion? {
        guard let text = request.uri.queryParameters["version"].map(String.init), !text.isEmpty else { return nil }
        guard let version = SemanticVersion(text) else {
            throw PlatformError(
                .invalid, "version: \"\(text)\" is no version; a loaded one is named exactly, like 1.28.0")
        }
        return version
    }

    private static func isNotLoaded(_ id: ExtensionID, _ version: SemanticVersion?) -> PlatformError {
        PlatformError(.notFound, "the \(id) is not loaded\(version.map { " in version \($0)" } ?? "")")
    }
}

/// The body of a load.
private struct WantedExtension: Decodable, Sendable {
    let type: String
    let name: String
    let version: String?
    let source: String?
    let path: String?
    let dependencies: Bool?

    func request() throws -> LoadRequest {
        let id = try ExtensionID(try ExtensionType(parsing: type), name)
        return LoadRequest(
            ExtensionReference(id, try VersionConstraint(parsing: version ?? "")),
            source: try SourceKind.choice(parsing: source), path: path, withDependencies: dependencies ?? true)
    }
}

/// The body of an update.
private struct WantedUpdate: Decodable, Sendable {
    let version: String?
    let source: String?
}

/// A loaded extension, what was loaded with it, and whether anything had to be downloaded.
private struct LoadView: Encodable, Sendable {
    /// Another extension that came along.
    struct Companion: Encodable, Sendable {
        let type: ExtensionType
        let name: String
        let version: SemanticVersion
        let cached: Bool

        init(_ item: Load.Item) {
            type = item.key.id.type
            name = item.key.id.name
            version = item.key.version
            cached = item.origin != .source
        }
    }

    let load: Load

    init(_ load: Load) { self.load = load }

    enum CodingKeys: String, CodingKey {
        case cached, origin, warnings
        case loadedDependencies = "loaded_dependencies"
    }

    func encode(to encoder: any Encoder) throws {
        try load.wanted.loaded.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(load.wanted.origin != .source, forKey: .cached)
        try container.encode(load.wanted.origin, forKey: .origin)
        try container.encode(load.warnings, forKey: .warnings)
        try container.encode(load.dependencies.map(Companion.init), forKey: .loadedDependencies)
    }
}

/// What an update or a rollback did.
private struct ChangeView: Encodable, Sendable {
    let previous: SemanticVersion
    let version: SemanticVersion

    enum CodingKeys: String, CodingKey { case changed, previous, version }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(previous != version, forKey: .changed)
        try container.encode(previous, forKey: .previous)
        try container.encode(version, forKey: .version)
    }
}
