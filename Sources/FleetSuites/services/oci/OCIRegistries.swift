import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension OCITests {
    static let zotRegistry = test(
        "services/oci/zot-registry", "Zot registry (solo/multi-user modes)", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let repository = context.unique("zot")
        try await context.step("it speaks the distribution protocol") { try await registry.ping() }
        let product = context.invocation.endpoints["registry", "product"] ?? "unknown"
        context.log.info("the registry", ["product": product])
        try await context.step("what is not there is refused in the words of the protocol") {
            try expectEqual(try await registry.tags(of: repository), [], "the tags of a repository that is not there")
            do {
                _ = try await registry.pullManifestBytes("1.0.0", from: repository)
                try expect(false, "a manifest that is not there is refused", actual: "it was handed out")
            } catch let failure as RegistryFailure {
                try expectEqual(failure.status, 404, "the status for a manifest that is not there")
                let code = failure.codes.first ?? ""
                try expectContains(["MANIFEST_UNKNOWN", "NAME_UNKNOWN"], code, "the codes that fit")
            }
            let absent = Digest(of: Array(repository.utf8))
            try expectEqual(try await registry.blobSize(absent, in: repository), nil, "the size of a blob")
        }
        let artifact = try await context.step("push an artifact") {
            try await OCIArtifact.push(repository, tag: "1.0.0", context)
        }
        try await context.step("it is handed out by tag and by digest, byte for byte") {
            for reference in [artifact.tag, artifact.manifest.description] {
                let (manifest, digest) = try await registry.pullManifest(reference, from: repository)
                try expectEqual(digest, artifact.manifest, "the digest of the manifest by \(reference)")
                try expectEqual(manifest.layers.map(\.digest), [Digest(of: artifact.layer)], "the layers")
            }
            let layer = try await registry.pullBlob(Digest(of: artifact.layer), from: repository)
            try expectEqual(layer, artifact.layer, "the layer")
        }
        try await context.step("names and references that cannot be are refused") {
            try await expectRegistryRefusal("a name in capitals", statuses: [400, 404]) {
                _ = try await registry.beginUpload(to: "Not/A/Name")
            }
            try await expectRegistryRefusal("a tag that cannot be", statuses: [400, 404]) {
                _ = try await registry.pushManifest(
                    bytes: try await registry.pullManifestBytes("1.0.0", from: repository), to: repository,
                    reference: "-not-a-tag")
            }
        }
        // While changes of the zone are on their way, the platform says that it is not ready.
        try await context.step("the platform can use it") {
            let platform = try await context.platform
            try await eventually("the platform is ready") { try await platform.ready() }
        }
    }

    static let harborRegistry = test(
        "services/oci/harbor-registry", "Harbor registry (enterprise mode)", modes: .from(.enterprise), estimate: 2
    ) { context in
        let harbor = try context.harbor
        let project = context.unique("library")
        try await context.step("all of its parts are healthy") {
            // A part that is slow for a moment counts as ill.
            try await eventually("all are healthy") {
                let (all, parts) = try await harbor.health()
                try expectEqual(parts.filter { $0.value != "healthy" }, [:], "the parts that are not healthy")
                try expectEqual(all, "healthy", "the state of Harbor")
                try expectContains(Array(parts.keys), "registry", "the parts")
            }
        }
        try await context.step("nothing can be pushed before there is a project") {
            try await expectRegistryRefusal("a push without a project", statuses: [401, 403, 404]) {
                try await harbor.registry.pushBlob([1, 2, 3], to: "\(project)/tools/demo")
            }
        }
        try await context.step("make a project") {
            await context.cleanup("delete project \(project)") {
                _ = try await harbor.deleteRepository("tools/demo", in: project)
                _ = try await harbor.deleteProject(project)
            }
            try await harbor.createProject(project)
        }
        let layer = Array("a layer of \(project)".utf8)
        let names = context.profile.artifacts
        let digest = try await context.step("push an artifact into it") {
            try await harbor.registry.pushArtifact(
                layer, layerMediaType: names.layerMediaType, artifactType: names.artifactType,
                annotations: [names.nameAnnotation: "demo"], to: "\(project)/tools/demo", tag: "1.2.3")
        }
        try await context.step("Harbor knows it by its digest and tag") {
            let items = try await harbor.artifacts(of: "tools/demo", in: project)
            try expectEqual(items.count, 1, "the number of artifacts")
            try expectEqual(items.first?["digest"]?.string, digest.description, "the digest")
            let tags = (items.first?["tags"]?.array ?? []).compactMap { $0["name"]?.string }
            try expectEqual(tags, ["1.2.3"], "the tags")
        }
        try await context.step("it is pulled as it was pushed") {
            let (manifest, pulled) = try await harbor.registry.pullManifest("1.2.3", from: "\(project)/tools/demo")
            try expectEqual(pulled, digest, "the digest of the manifest")
            let content = try await harbor.registry.pullBlob(
                try require(manifest.layers.first, "the layer").digest, from: "\(project)/tools/demo")
            try expectEqual(content, layer, "the layer")
        }
        try await context.step("a project that holds something stays") {
            let status = try await harbor.json.status(.delete, "/api/v2.0/projects/\(project)")
            try expectEqual(status, 412, "the status of its removal")
        }
        try await context.step("removed through Harbor, it cannot be pulled any more") {
            let existed = try await harbor.deleteRepository("tools/demo", in: project)
            try expect(existed, "the repository was there to be removed")
            try await expectRegistryRefusal("the removed artifact", statuses: [404]) {
                _ = try await harbor.registry.pullManifest("1.2.3", from: "\(project)/tools/demo")
            }
        }
    }
}
