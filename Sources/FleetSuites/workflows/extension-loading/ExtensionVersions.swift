import FleetModel
import FleetTestKit
import InterfaceProfile

extension ExtensionTests {
    static let dependencyResolution = test(
        "workflows/extension-loading/dependency-resolution", "Dependency resolution", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let (app, library, base) = (context.unique("app"), context.unique("library"), context.unique("base"))
        try await context.step("push an app that needs a library that needs a base") {
            let onLibrary = [PlainExtension.Need(name: library, constraint: "^1.0")]
            let onBase = [PlainExtension.Need(name: base, constraint: ">=2.1, <3")]
            try await PlainExtension(name: app, version: "1.0.0", needs: onLibrary).push(context)
            for version in ["1.0.0", "1.3.0", "2.0.0"] {
                try await PlainExtension(name: library, version: version, needs: onBase).push(context)
            }
            for version in ["2.0.9", "2.1.0", "2.7.0", "3.0.0"] {
                try await PlainExtension(name: base, version: version).push(context)
            }
        }
        try await context.step("the newest that fit come along, what is needed first") {
            let loaded = try await platform.load(ExtensionWish(PlainExtension.type, app))
            try expectEqual(loaded.companions, ["\(base):2.7.0", "\(library):1.3.0"], "what came along")
            let listed = try await platform.extensions().filter { [app, library, base].contains($0.name) }
            try expectEqual(
                Set(listed.map { "\($0.name):\($0.version)" }),
                ["\(app):1.0.0", "\(library):1.3.0", "\(base):2.7.0"], "the loaded extensions")
        }
        try await context.step("what is needed and nowhere to be found is named, and nothing is loaded") {
            let lonely = PlainExtension(
                name: context.unique("lonely"), version: "1.0.0",
                needs: [.init(name: context.unique("missing"), constraint: "*")])
            try await lonely.push(context)
            let refusal = try await expectRefusal("an extension that needs what is not there") {
                _ = try await platform.load(lonely.wish)
            }
            try expect(refusal.message.contains(lonely.needs[0].name), "it is named", actual: refusal.message)
            try expectEqual(
                try await platform.extensionInForce(PlainExtension.type, lonely.name), nil, "the loaded extension")
        }
        try await context.step("a manifest that says nonsense is refused, with each of its faults") {
            let names = context.profile.artifacts
            let odd = OCIExtension(type: PlainExtension.type, name: context.unique("odd"), version: "1.0.0")
            let manifest = JSONValue.object([
                "type": .string(odd.type), "name": .string(odd.name), "version": .string(odd.version),
                "author": .array([]), "tags": .string("none"),
            ])
            try await odd.push(
                TarArchive.gzipped([ArchiveFile(path: names.manifestFile, content: manifest.bytes)]), context)
            let refusal = try await expectRefusal("an extension with a wrong manifest", statuses: 400...599) {
                _ = try await platform.load(ExtensionWish(odd.type, odd.name, odd.version))
            }
            for word in ["author", "tags"] {
                try expect(refusal.message.contains(word), "the fault of “\(word)” is told", actual: refusal.message)
            }
        }
        try await context.step("a circle is refused, with all that are in it") {
            let (one, two) = (context.unique("one"), context.unique("two"))
            try await PlainExtension(name: one, version: "1.0.0", needs: [.init(name: two, constraint: "^1")])
                .push(context)
            try await PlainExtension(name: two, version: "1.0.0", needs: [.init(name: one, constraint: "^1")])
                .push(context)
            let refusal = try await expectRefusal("a circle", statuses: 409...409) {
                _ = try await platform.load(ExtensionWish(PlainExtension.type, one))
            }
            try expect(
                refusal.message.contains(one) && refusal.message.contains(two), "both are named",
                actual: refusal.message)
        }
    }

    static let versionConflictResolution = test(
        "workflows/extension-loading/version-conflict-resolution", "Version conflict resolution", modes: .from(.solo),
        estimate: 2
    ) { context in
        let platform = try await context.platform
        let shared = context.unique("shared")
        let (left, right) = (context.unique("left"), context.unique("right"))
        try await context.step("two extensions that need the same third one, in different versions") {
            for version in ["1.0.0", "1.9.0", "2.0.0"] {
                try await PlainExtension(name: shared, version: version).push(context)
            }
            try await PlainExtension(name: left, version: "1.0.0", needs: [.init(name: shared, constraint: "^1")])
                .push(context)
            try await PlainExtension(name: right, version: "2.0.0", needs: [.init(name: shared, constraint: "^2")])
                .push(context)
        }
        let both: [PlainExtension.Need] = [.init(name: left, constraint: "*"), .init(name: right, constraint: "*")]
        try await context.step("together they cannot be loaded, and the reason names who wants what") {
            let app = PlainExtension(name: context.unique("torn"), version: "1.0.0", needs: both)
            try await app.push(context)
            let refusal = try await expectRefusal("a conflict", statuses: 409...409) {
                _ = try await platform.load(app.wish)
            }
            for word in [left, right, shared] {
                try expect(refusal.message.contains(word), "the reason names \(word)", actual: refusal.message)
            }
            try expectEqual(try await platform.extensionInForce(PlainExtension.type, left), nil, "what was loaded")
        }
        try await context.step("so it is when one of the two is chosen before the other one is met") {
            let needs: [PlainExtension.Need] = [
                .init(name: shared, constraint: "^1"), .init(name: right, constraint: "^2"),
            ]
            let app = PlainExtension(name: context.unique("early"), version: "1.0.0", needs: needs)
            try await app.push(context)
            let refusal = try await expectRefusal("a conflict", statuses: 409...409) {
                _ = try await platform.load(app.wish)
            }
            for word in [app.name, right, shared] {
                try expect(refusal.message.contains(word), "the reason names \(word)", actual: refusal.message)
            }
        }
        try await context.step("an older version of one of them makes peace") {
            try await PlainExtension(name: right, version: "1.5.0", needs: [.init(name: shared, constraint: "~1.0")])
                .push(context)
            let app = PlainExtension(name: context.unique("whole"), version: "1.0.0", needs: both)
            try await app.push(context)
            let loaded = try await platform.load(app.wish)
            try expectEqual(
                Set(loaded.companions), ["\(shared):1.0.0", "\(left):1.0.0", "\(right):1.5.0"], "what came along")
            try expectEqual(loaded.companions.first, "\(shared):1.0.0", "what comes first")
        }
        try await context.step("alone, each gets the newest that it takes") {
            let one = try await platform.load(ExtensionWish(PlainExtension.type, right))
            try expectEqual(one.companions, ["\(shared):2.0.0"], "what came along with \(right)")
            let other = try await platform.load(ExtensionWish(PlainExtension.type, left))
            try expectEqual(other.companions, ["\(shared):1.9.0"], "what came along with \(left)")
        }
    }

    static let semverResolution = test(
        "workflows/extension-loading/semver-resolution", "Semver version resolution", modes: .from(.solo), estimate: 3
    ) { context in
        let platform = try await context.platform
        let name = context.unique("semver")
        let versions = [
            "0.1.0", "0.1.7", "0.2.0", "1.0.0", "1.2.0", "1.2.9", "1.10.0", "2.0.0-rc.1", "2.0.0", "2.1.0-beta.2",
            "2.1.0-beta.11",
        ]
        try await context.step("push eleven versions, the newest first") {
            for version in versions.reversed() {
                try await PlainExtension(name: name, version: version).push(context)
            }
        }
        let expected: KeyValuePairs = [
            "": "2.0.0", "1.2.0": "1.2.0", "^1.2": "1.10.0", "~1.2": "1.2.9", "^0.1": "0.1.7", "^0.1.0": "0.1.7",
            "~0.1": "0.1.7", "1.x": "1.10.0", ">=1.0, <1.10": "1.2.9", ">1.2.0 <=1.10.0": "1.10.0",
            ">= 1.0 < 1.10": "1.2.9", "1.0 - 1.2": "1.2.9", "^3 || ~1.0": "1.0.0", "<1": "0.2.0",
            "^2.0.0-rc.1": "2.0.0",
            ">=2.0.0-rc.0 <2.0.0": "2.0.0-rc.1", "^2.1.0-beta.1": "2.1.0-beta.11",
        ]
        for (constraint, version) in expected {
            try await context.step("“\(constraint)” is \(version)") {
                let loaded = try await platform.load(ExtensionWish(PlainExtension.type, name, constraint))
                try expectEqual(loaded.version, version, "the version that “\(constraint)” takes")
            }
        }
        try await context.step("what no version satisfies is refused, and so is what is no constraint") {
            for constraint in ["^3", "1.3.x", ">2.0.0"] {
                try await expectRefusal("“\(constraint)”", statuses: 404...409) {
                    _ = try await platform.load(ExtensionWish(PlainExtension.type, name, constraint))
                }
            }
            for constraint in ["newest", "1..2", "^"] {
                try await expectRefusal("“\(constraint)”", statuses: 400...400) {
                    _ = try await platform.load(ExtensionWish(PlainExtension.type, name, constraint))
                }
            }
        }
    }
}
