import ArgumentParser
import FleetSystem
import InterfaceProfile
import NIOHTTP1
import PlatformExtensions
import PlatformService

extension ExtensionCommand {
    private static let columns = ["type", "name", "version", "source", "size", "description"]

    /// `provisioning extension search`.
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what the extension registry has.", aliases: ["available"])

        @OptionGroup var common: CommonOptions

        @Argument(help: "A part of a name, a description or a tag; left out, all.")
        var text: String?

        @Option(help: "provider, taskserv or cluster.")
        var type: String?

        @Option(help: "oci or gitea.")
        var source: String?

        func run() async throws {
            try await common.perform { client in
                let paths = client.profile.extensionRegistry
                let query = ["q": text, "type": type, "source": source, "limit": "1000"].compactMapValues { $0 }
                    .sorted { $0.key < $1.key }.map { "\($0.key)=\(percentEncoded($0.value))" }.joined(separator: "&")
                let path = (text == nil ? paths.extensions : paths.search) + "?\(query)"
                common.show(try await client.send(.GET, .extensionRegistry, path), columns: ExtensionCommand.columns)
            }
        }
    }

    /// `provisioning extension versions`.
    struct Versions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the versions that the extension registry has.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let path = target.path(client.profile.extensionRegistry.versions)
                common.show(
                    try await client.send(.GET, .extensionRegistry, path),
                    columns: ["version", "source", "size", "published_at", "checksum"])
            }
        }
    }

    /// `provisioning extension download`.
    struct Download: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Download an archive from the extension registry, and check its digest.", aliases: ["pull"])

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target
        @OptionGroup var choice: Choice

        @Option(help: "The file to write; it must not exist.")
        var file: String

        func run() async throws {
            try await common.perform { client in
                let profile = client.profile.extensionRegistry
                let path =
                    filledPath(profile.download, target.type, target.name, choice.version ?? "latest")
                    + (choice.source.map { "?source=\(percentEncoded($0))" } ?? "")
                let (digest, headers) = try await client.download(.extensionRegistry, path, to: file)
                let promised = headers.first(name: profile.checksumHeader)
                guard promised == digest.description else {
                    _ = DirectoryTree.remove(file)
                    throw CommandFailure(
                        .failed,
                        "the archive has the digest \(digest), not \(promised ?? "any that was promised"); it was thrown away"
                    )
                }
                common.show(["file": .string(file), "checksum": .string("\(digest)")])
            }
        }
    }

    /// `provisioning extension publish`.
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish an extension through the extension registry.",
            discussion: "A directory is packed. The archive is looked at first, and what is wrong with it is said.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The directory of the extension, or its archive.")
        var path: String

        @Option(help: "oci or gitea.")
        var source = "oci"

        func run() async throws {
            try await common.perform { client in
                let data = try await PackedExtension.with(path) { packed in
                    let target = client.profile.extensionRegistry.extensions + "?source=\(percentEncoded(source))"
                    return try await client.upload(packed.file, to: .extensionRegistry, target)
                }
                common.show(data)
            }
        }
    }
}

/// An extension as an archive that was found to be good.
struct PackedExtension {
    let file: String
    let manifest: ExtensionManifest

    /// Packs a directory, or takes an archive, looks at it, and hands it on. Throws all that is wrong with it.
    static func with<Result: Sendable>(
        _ path: String, _ body: (PackedExtension) async throws -> Result
    ) async throws -> Result {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let file = try await scratch.archive(of: path)
        let archive = try await ExtensionArchive.inspect(file)
        guard archive.faults.isEmpty, let manifest = archive.manifest else {
            throw CommandFailure(
                .invalid, "\(path) is not fit to be published: \(archive.faults.joined(separator: "; "))")
        }
        return try await body(PackedExtension(file: file, manifest: manifest))
    }
}
