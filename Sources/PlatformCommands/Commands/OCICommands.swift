import ArgumentParser
import FleetSystem
import PlatformExtensions
import PlatformService

/// `provisioning oci …`.
struct OCICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oci", abstract: "Extensions in the OCI registry itself.",
        subcommands: [List.self, Tags.self, Pull.self, Push.self])

    /// `provisioning oci list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the extensions of the registry.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.perform { client in
                let found = try await OCICommand.source(client).extensions()
                let rows = found.map {
                    JSONValue.object(["type": .string($0.type.rawValue), "name": .string($0.name)])
                }
                common.show(.array(rows), columns: ["type", "name"])
            }
        }
    }

    /// `provisioning oci tags`.
    struct Tags: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the versions of an extension.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var kind: Kind

        @Argument(help: "The extension's name.")
        var name: String

        func run() async throws {
            try await common.perform { client in
                let id = try ExtensionID(ExtensionType(parsing: kind.type), name)
                let versions = try await OCICommand.source(client).versions(of: id).sorted(by: >)
                common.show(.array(versions.map { .object(["version": .string("\($0)")]) }), columns: ["version"])
            }
        }
    }

    /// `provisioning oci pull`.
    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Download an archive, and check its digest.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var kind: Kind

        @Argument(help: "NAME, or NAME:VERSION, where VERSION may be a constraint like ^1.28.")
        var reference: String

        @Option(help: "The file to write, which must not exist; default: NAME-VERSION.tar.gz.")
        var file: String?

        func run() async throws {
            try await common.perform { client in
                let wanted = try ExtensionReference(type: ExtensionType(parsing: kind.type), parsing: reference)
                let source = try OCICommand.source(client)
                guard let version = wanted.constraint.newest(of: try await source.versions(of: wanted.id)) else {
                    throw CommandFailure(.notFound, "the OCI registry has no \(wanted)")
                }
                let target = file ?? "\(wanted.id.name)-\(version).tar.gz"
                let (digest, size) = try await source.download(ExtensionKey(wanted.id, version), to: target)
                common.show([
                    "file": .string(target), "version": .string("\(version)"), "checksum": .string("\(digest)"),
                    "size": .integer(size),
                ])
            }
        }
    }

    /// `provisioning oci push`.
    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish an extension in the registry itself.", aliases: ["publish"])

        @OptionGroup var common: CommonOptions

        @Argument(help: "The directory of the extension, or its archive.")
        var path: String

        func run() async throws {
            try await common.perform { client in
                let source = try OCICommand.source(client)
                let record = try await PackedExtension.with(path) { packed in
                    try await source.publish(packed.file, as: packed.manifest)
                }
                common.show([
                    "repository": .string(record.repository), "version": .string("\(record.key.version)"),
                    "checksum": .optional(record.checksum?.description),
                ])
            }
        }
    }

    /// The kind of an extension.
    struct Kind: ParsableArguments {
        @Option(help: "provider, taskserv or cluster.")
        var type = "taskserv"
    }

    private static func source(_ client: PlatformClient) throws -> OCISource {
        let login = try client.configuration.ociCredentials.map { try SettingsFile.read($0, as: Login.self) }
        return OCISource(try OCIClient(url: client.configuration.url(.ociRegistry), login: login))
    }
}
