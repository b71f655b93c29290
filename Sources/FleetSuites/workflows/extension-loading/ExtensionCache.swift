import FleetModel
import FleetTestKit
import InterfaceProfile

extension ExtensionTests {
    static let lazyLoading = test(
        "workflows/extension-loading/lazy-loading", "Lazy loading", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let base = PlainExtension(name: context.unique("lazy-base"), version: "1.0.0")
        let app = PlainExtension(
            name: context.unique("lazy-app"), version: "1.0.0", needs: [.init(name: base.name, constraint: "^1")])
        let gone = PlainExtension(name: context.unique("lazy-gone"), version: "1.0.0")
        try await context.step("what is published is not loaded") {
            for item in [base, app, gone] { try await item.push(context) }
            let names = try await platform.extensions().map(\.name)
            for item in [base, app, gone] {
                try expect(!names.contains(item.name), "\(item.name) is not loaded", actual: names)
            }
        }
        try await context.step("nothing was fetched before somebody asked: what is withdrawn cannot be loaded") {
            try await gone.withdraw(context)
            try await expectRefusal("what was withdrawn", statuses: 404...404) {
                _ = try await platform.load(gone.wish)
            }
        }
        try await context.step("a load brings what was asked for, and what that needs") {
            let loaded = try await platform.load(app.wish)
            try expectEqual(loaded.isCached, false, "whether it was there already")
            try expectEqual(loaded.companions, ["\(base.name):1.0.0"], "what came along")
        }
        try await context.step("from then on the registry is not needed for them") {
            try await app.withdraw(context)
            try await base.withdraw(context)
            for item in [app, base] {
                let current = try await platform.extensionInForce(PlainExtension.type, item.name)
                try expectEqual(current?.version, item.version, "the version of \(item.name) in force")
            }
        }
        try await context.step("unloaded, it is fetched anew, and so not found") {
            try await platform.unloadAll(PlainExtension.type, app.name)
            try await expectRefusal("what was withdrawn and unloaded", statuses: 404...404) {
                _ = try await platform.load(app.wish)
            }
        }
    }

    // Alone in its environment: it fills the whole cache, which throws out what others have loaded.
    static let caching = test(
        "workflows/extension-loading/caching", "Extension caching", modes: .from(.solo), estimate: 12,
        environment: .exclusive
    ) { context in
        let platform = try await context.platform
        let capacity = context.profile.artifacts.cacheEntries
        let stem = context.unique("cache")
        let items = (0...capacity).map { PlainExtension(name: "\(stem)-\($0)", version: "1.0.0") }
        let digest = try await context.step("push \(items.count) extensions, one more than the cache holds") {
            var first: Digest?
            for item in items {
                let digest = try await item.push(context)
                first = first ?? digest
            }
            return try require(first, "the digest of the first")
        }
        try await context.step("the first is fetched once, then it is there") {
            let fetched = try await platform.load(items[0].wish)
            try expectEqual(fetched.isCached, false, "whether it was there already")
            let again = try await platform.load(items[0].wish)
            try expectEqual(again.isCached, true, "whether it was there the second time")
            try expectEqual(again.checksum, digest.description, "the checksum")
        }
        try await context.step("many who ask at once fetch it once") {
            let answers = try await withThrowingTaskGroup(of: Bool?.self) { group in
                for _ in 0..<10 { group.addTask { try await platform.load(items[1].wish).checksum != nil } }
                return try await group.reduce(into: 0) { count, isThere in count += isThere == true ? 1 : 0 }
            }
            try expectEqual(answers, 10, "the number of answers")
            try expectEqual(try await platform.load(items[1].wish).isCached, true, "whether it is there")
        }
        try await context.step("fill the cache, using the first one again on the way") {
            for item in items.dropFirst(2).dropLast() { _ = try await platform.load(item.wish) }
            try expectEqual(try await platform.load(items[0].wish).isCached, true, "whether the first is still there")
        }
        try await context.step("one more throws out the one that was used longest ago, and no other") {
            _ = try await platform.load(items[capacity].wish)
            let listed = try await platform.extensions().filter { $0.name.hasPrefix(stem) }.map(\.name)
            try expectEqual(listed.count, capacity, "the number of extensions that are kept")
            try expect(!listed.contains(items[1].name), "the one used longest ago is gone", actual: listed.suffix(3))
            try expectContains(listed, items[0].name, "the extensions that are kept")
        }
        try await context.step("what was thrown out is fetched again, and is what it was") {
            let fetched = try await platform.load(items[1].wish)
            try expectEqual(fetched.isCached, false, "whether it was there already")
            try expectEqual(
                fetched.checksum, Digest(of: items[1].archive(context)).description, "the checksum")
        }
    }
}
