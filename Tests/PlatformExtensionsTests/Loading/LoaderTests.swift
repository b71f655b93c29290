import FleetSystem
import FleetTestSupport
import Foundation
import Logging
import PlatformService
import Testing

@testable import PlatformExtensions

struct LoaderTests {
    @Test func loadsWhatIsNeededAndNothingElse() async throws {
        try await LoaderFixture.with { fixture in
            let needs = #"[{"type":"taskserv","name":"containerd","constraint":"^1.7"}]"#
            try fixture.oci.add("kubernetes", "1.28.0", needs: needs)
            for text in ["1.6.0", "1.7.5", "2.0.0"] { try fixture.oci.add("containerd", text) }
            #expect(fixture.oci.downloads.isEmpty)
            let load = try await fixture.load("kubernetes")
            #expect(load.dependencies.map { "\($0.key)" } == ["taskserv:containerd:1.7.5"])
            #expect(load.wanted.origin == .source, "although it was fetched twice, once to learn what it needs")
            #expect(Set(fixture.oci.downloads) == ["kubernetes 1.28.0", "containerd 1.7.5"])
            #expect(fixture.oci.downloads.count == 2)
            #expect(Set(await fixture.loader.loaded.map { "\($0.key)" }).count == 2)
            #expect(try await fixture.load("kubernetes", dependencies: false).dependencies.isEmpty)
        }
    }

    @Test func anExactVersionInTheCacheAsksNobody() async throws {
        try await LoaderFixture.with { fixture in
            try fixture.oci.add("etcd", "3.5.0")
            _ = try await fixture.load("etcd:3.5.0")
            let asked = fixture.oci.state.withLock { $0.questions }
            fixture.oci.fail(PlatformError(.unavailable, "down"))
            #expect(try await fixture.load("etcd:3.5.0").wanted.origin == .memory)
            #expect(fixture.oci.state.withLock { $0.questions } == asked)
        }
    }

    @Test func automaticSourcesAreOneShelfAndNamedOnesAreNot() async throws {
        try await LoaderFixture.with { fixture in
            try fixture.oci.add("etcd", "3.5.0")
            try fixture.gitea.add("etcd", "3.6.0")
            try fixture.gitea.add("etcd", "3.5.0")
            #expect(try await fixture.load("etcd").wanted.loaded.archive.source == .gitea)
            #expect(try await fixture.load("etcd", source: .oci).wanted.key.version == version("3.5.0"))
            #expect(try await fixture.load("etcd:3.5.0", source: .gitea).wanted.loaded.archive.source == .gitea)
            #expect(fixture.gitea.downloads == ["etcd 3.6.0", "etcd 3.5.0"])
            #expect(fixture.oci.downloads == ["etcd 3.5.0"])
            await #expect(throws: PlatformError.self) { try await fixture.load("etcd:^4") }
        }
    }

    @Test func aSourceThatIsDownIsSaid() async throws {
        try await LoaderFixture.with { fixture in
            try fixture.oci.add("etcd", "3.5.0")
            fixture.gitea.fail(PlatformError(.unavailable, "gitea is down"))
            #expect(try await fixture.load("etcd").warnings == ["gitea: gitea is down"])
            #expect(try await fixture.loader.problems() == ["gitea: gitea is down"])
            let absent = await #expect(throws: PlatformError.self) { try await fixture.load("nobody") }
            #expect(absent?.kind == .unavailable && absent?.message.contains("gitea is down") == true)
            let named = await #expect(throws: PlatformError.self) { try await fixture.load("etcd", source: .gitea) }
            #expect(named?.kind == .unavailable)
        }
    }

    @Test func updatesGoesBackAndSurvivesARestart() async throws {
        try await LoaderFixture.with { fixture in
            let id = try ExtensionID(.taskserv, "etcd")
            for text in ["3.4.0", "3.5.0"] { try fixture.oci.add("etcd", text) }
            _ = try await fixture.load("etcd:3.4.0")
            await #expect(throws: PlatformError.self) { try await fixture.loader.rollback(id) }
            let same = try await fixture.loader.update(
                ExtensionReference(id, VersionConstraint(parsing: "~3.4")), source: nil)
            #expect(try same.load == nil && same.previous.version == version("3.4.0"))
            let (previous, load) = try await fixture.loader.update(ExtensionReference(id), source: nil)
            #expect(try previous.version == version("3.4.0") && load?.wanted.key.version == version("3.5.0"))

            let again = try fixture.restarted()
            let back = try await again.loader.rollback(id)
            #expect(try back.previous.version == version("3.5.0") && back.load.key.version == version("3.4.0"))
            #expect(back.load.origin == .cache)
            let loaded = await again.loader.loaded
            #expect(loaded.map { "\($0.key.version) \($0.isCurrent)" } == ["3.4.0 true"])
            #expect(try await again.loader.unload(id, version: nil) == 1)
            #expect(await again.loader.loaded.isEmpty)
            await #expect(throws: PlatformError.self) {
                try await again.loader.update(ExtensionReference(id), source: nil)
            }
        }
    }

    @Test func everyFaultOfAnExtensionIsNamed() async throws {
        try await LoaderFixture.with { fixture in
            let folder = try fixture.oci.add("bad", "1.0.0")
            try folder.remove("check")
            try folder.write("#!/bin/sh\n", to: "remove")
            try folder.write(
                #"{"type":"taskserv","name":"Bad","version":"1","dependencies":[{"type":"x","name":"y"}],"tags":1}"#,
                to: "extension.json")
            let found = try await fixture.validate("bad")
            #expect(!found.valid && found.faults.count == 4, "\(found.faults)")
            try folder.write(#"{"type":"taskserv","name":"bad","version":"1.0.1"}"#, to: "extension.json")
            let second = try await fixture.validate("bad")
            #expect(second.faults.count == 3, "\(second.faults)")
            #expect(second.faults.contains { $0.contains("taskserv:bad:1.0.1") })
            await #expect(throws: PlatformError.self) { try await fixture.load("bad") }
            #expect(await fixture.loader.loaded.isEmpty)

            try fixture.oci.add("needy", "1.0.0", needs: #"[{"type":"taskserv","name":"gone"}]"#)
            #expect(try await fixture.validate("needy").faults.first?.contains("there is no taskserv gone") == true)
            try fixture.oci.add("good", "1.0.0")
            #expect(try await fixture.validate("good").valid)
        }
    }

    @Test func aDirectoryIsLoadedAsItIsNow() async throws {
        try await LoaderFixture.with { fixture in
            let place = "\(fixture.directory)/roots/clusters/web"
            try PrivateDirectory.ensure(place)
            let manifest = #"{"type":"cluster","name":"web","version":"1.0.0"}"#
            try AtomicFile.write(Array(manifest.utf8), to: "\(place)/extension.json")
            let request = LoadRequest(try ExtensionReference(type: .cluster, parsing: "web"), path: place)
            let first = try await fixture.loader.load(request).wanted
            #expect(first.loaded.archive.source == .local && first.origin == .source)
            #expect(
                try await fixture.loader.load(request).wanted.loaded.archive.checksum == first.loaded.archive.checksum)
            try AtomicFile.write(Array("more".utf8), to: "\(place)/more")
            #expect(
                try await fixture.loader.load(request).wanted.loaded.archive.checksum != first.loaded.archive.checksum)

            for outside in [
                "/etc", "\(place)/../../../cache", "\(fixture.directory)/roots", "\(fixture.directory)/none",
            ] {
                let wrong = LoadRequest(request.reference, path: outside)
                await #expect(throws: PlatformError.self) { try await fixture.loader.load(wrong) }
            }
        }
    }
}

/// A loader with two sources.
struct LoaderFixture {
    let directory: String
    let loader: ExtensionLoader
    let oci: ShelfSource
    let gitea: ShelfSource

    static func with(_ body: (LoaderFixture) async throws -> Void) async throws {
        try await withScratch("loader") { directory in
            let fixture = try LoaderFixture(
                directory, ShelfSource(.oci, in: directory), ShelfSource(.gitea, in: directory))
            try await body(fixture)
        }
    }

    private init(_ directory: String, _ oci: ShelfSource, _ gitea: ShelfSource) throws {
        self.directory = directory
        self.oci = oci
        self.gitea = gitea
        loader = try ExtensionLoader(
            directory: "\(directory)/cache", sources: [oci, gitea], roots: ["\(directory)/roots"], capacity: 100,
            logger: Logger(label: "test") { _ in SilentLogs() })
    }

    func restarted() throws -> LoaderFixture { try LoaderFixture(directory, oci, gitea) }

    func load(_ text: String, source: SourceKind? = nil, dependencies: Bool = true) async throws -> Load {
        let reference = try ExtensionReference(type: .taskserv, parsing: text)
        return try await loader.load(LoadRequest(reference, source: source, withDependencies: dependencies))
    }

    func validate(_ text: String) async throws -> Validation {
        try await loader.validate(LoadRequest(try ExtensionReference(type: .taskserv, parsing: text)))
    }
}
