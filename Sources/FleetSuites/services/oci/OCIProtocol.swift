import FleetModel
import FleetTestKit
import InterfaceProfile

extension OCITests {
    static let catalogAPI = test(
        "services/oci/catalog-api", "Catalog API", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let names = ["x", "y", "z"].map { context.unique("catalog-\($0)") }
        try await context.step("push into three repositories") {
            for name in names { _ = try await OCIArtifact.push(name, tag: "1.0.0", context) }
        }
        let all = try await context.step("the catalogue names them, each once") {
            let all = try await registry.catalogue(pageSize: 1000).flatMap(\.self)
            for name in names {
                try expectEqual(all.filter { $0 == name }.count, 1, "how often \(name) is in the catalogue")
            }
            return all
        }
        try await context.step("page by page it is the same, and no page is too long") {
            let pages = try await registry.catalogue(pageSize: 2)
            try expect(pages.allSatisfy { $0.count <= 2 }, "a page has at most 2 names", actual: pages)
            let paged = pages.flatMap(\.self)
            try expectEqual(Set(paged).count, paged.count, "the number of different names")
            // Others push meanwhile; what was there before must be there now.
            let ours = all.filter { names.contains($0) }
            try expectEqual(ours.filter { !paged.contains($0) }, [], "the names that the pages lack")
            try expect(pages.count > 1, "there is more than one page", actual: pages.count)
        }
        try await context.step("a repository into which nothing was pushed is not named") {
            try expect(!all.contains(context.unique("catalog-x") + "-not"), "the catalogue has no such name")
            let unfinished = context.unique("unfinished")
            _ = try await registry.pushBlob(Array(unfinished.utf8), to: unfinished)
            try expectEqual(try await registry.tags(of: unfinished), [], "its tags")
        }
    }

    static let blobUpload = test(
        "services/oci/blob-upload", "Blob upload", modes: .from(.solo), estimate: 2
    ) { context in
        let registry = try context.registry
        let repository = context.unique("blobs")
        let content = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let own = Array(repository.utf8) + content
        let digest = Digest(of: own)
        try await context.step("a blob in three pieces is one blob") {
            var upload = try await registry.beginUpload(to: repository)
            for start in stride(from: 0, to: own.count, by: 1 << 20) {
                upload = try await registry.append(Array(own[start..<min(start + 1 << 20, own.count)]), to: upload)
                try expectEqual(upload.size, min(start + 1 << 20, own.count), "how much the registry has")
                try expectEqual(try await registry.progress(of: upload), upload.size, "how much it says it has")
            }
            try expectEqual(try await registry.blobSize(digest, in: repository), nil, "the blob before its end")
            try await registry.finish(upload, as: digest)
            try expectEqual(try await registry.blobSize(digest, in: repository), own.count, "the size of the blob")
            let pulled = try await registry.pullBlob(digest, from: repository)
            try expect(pulled == own, "the blob is what was sent", actual: "\(pulled.count) other bytes")
        }
        try await context.step("pieces that do not match the digest make no blob") {
            let claimed = Digest(of: own + [0])
            let upload = try await registry.append(own, to: try await registry.beginUpload(to: repository))
            try await expectRegistryRefusal("a wrong digest", statuses: [400]) {
                try await registry.finish(upload, as: claimed)
            }
            try expectEqual(try await registry.blobSize(claimed, in: repository), nil, "the blob of the wrong digest")
        }
        try await context.step("a blob in one piece") {
            let small = Array("small \(repository)".utf8)
            let stored = try await registry.pushBlob(small, to: repository)
            try expectEqual(try await registry.pullBlob(stored, from: repository), small, "the blob")
        }
        try await context.step("another repository takes it over without sending it again") {
            let other = "\(repository)-other"
            try expectEqual(try await registry.blobSize(digest, in: other), nil, "the blob in the other repository")
            if !(try await registry.mount(digest, from: repository, to: other)) {
                context.log.info("the registry wants the blob sent again, which the protocol allows")
                try await registry.pushBlob(own, to: other)
            }
            try expectEqual(try await registry.blobSize(digest, in: other), own.count, "its size there")
        }
        try await context.step("an upload that nobody began is refused") {
            let begun = try await registry.beginUpload(to: repository)
            try await registry.finish(try await registry.append([1], to: begun), as: Digest(of: [1]))
            try await expectRegistryRefusal("a piece for an upload that has ended", statuses: [404]) {
                _ = try await registry.append([2], to: begun)
            }
        }
    }
}
