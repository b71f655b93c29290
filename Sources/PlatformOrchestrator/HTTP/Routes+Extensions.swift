import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Extensions: loading, listing, unloading.
    func addExtensions(to router: Router<Context>) {
        router.get(path(paths.extensions)) { _, _ in try Answer.data(await services.loader.loaded) }
        router.post(path(paths.loadExtension)) { request, context in
            let wanted = try await body(WantedExtension.self, request, context)
            let load = try await services.loader.load(try wanted.reference())
            return try Answer.data(LoadView(load: load))
        }
        router.get(path(paths.loadedExtension)) { request, context in
            let wanted = try Self.reference(request, context)
            let loaded = await services.loader.loaded.filter { $0.type == wanted.type && $0.name == wanted.name }
            let version = wanted.version ?? VersionOrder.latest(of: loaded.map(\.version)) ?? loaded.first?.version
            guard let found = loaded.first(where: { $0.version == version }) else {
                throw PlatformError(.notFound, "no such \(wanted.type.rawValue) is loaded: \(wanted.name)")
            }
            return try Answer.data(found)
        }
        router.delete(path(paths.loadedExtension)) { request, context in
            let wanted = try Self.reference(request, context)
            let count = await services.loader.unload(wanted.type, wanted.name, version: wanted.version)
            guard count > 0 else {
                throw PlatformError(.notFound, "no such \(wanted.type.rawValue) is loaded: \(wanted.name)")
            }
            return try Answer.data(["unloaded": count])
        }
    }

    private static func reference(_ request: Request, _ context: Context) throws -> ExtensionReference {
        let wanted = WantedExtension(
            type: try context.parameters.require("type"), name: try context.parameters.require("name"),
            version: request.uri.queryParameters["version"].map(String.init))
        return try wanted.reference()
    }
}

private struct WantedExtension: Decodable, Sendable {
    let type: String
    let name: String
    let version: String?

    func reference() throws -> ExtensionReference {
        guard let type = ExtensionType(rawValue: type) else {
            let known = ExtensionType.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "type: \"\(type)\" is none of \(known)")
        }
        return try ExtensionReference(type: type, name: name, version: version)
    }
}

/// A loaded extension, and whether it was loaded before.
private struct LoadView: Encodable, Sendable {
    let load: ExtensionLoader.Load

    enum CodingKeys: String, CodingKey { case cached }

    func encode(to encoder: any Encoder) throws {
        try load.loaded.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(load.cached, forKey: .cached)
    }
}
