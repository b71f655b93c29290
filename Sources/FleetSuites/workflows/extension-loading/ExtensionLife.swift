import FleetModel
import FleetTestKit
import InterfaceProfile

extension ExtensionTests {
    static let updates = test(
        "workflows/extension-loading/updates", "Extension updates", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let name = context.unique("update")
        let type = PlainExtension.type
        try await context.step("what is not loaded cannot be updated") {
            try await PlainExtension(name: name, version: "1.0.0").push(context)
            try await expectRefusal("an update of what is not loaded", statuses: 404...404) {
                _ = try await platform.updateExtension(type, name)
            }
        }
        try await context.step("the newest version stays") {
            _ = try await platform.load(ExtensionWish(type, name))
            let change = try await platform.updateExtension(type, name)
            try expectEqual(
                change, ExtensionChange(isChanged: false, previous: "1.0.0", version: "1.0.0"), "the change")
        }
        let digest = try await context.step("publish three more versions") {
            let digest = try await PlainExtension(name: name, version: "1.4.0", note: "newer").push(context)
            try await PlainExtension(name: name, version: "2.0.0").push(context)
            try await PlainExtension(name: name, version: "3.0.0-rc.1").push(context)
            return digest
        }
        try await context.step("an update keeps to its constraint") {
            let change = try await platform.updateExtension(type, name, to: "^1")
            try expectEqual(
                change, ExtensionChange(isChanged: true, previous: "1.0.0", version: "1.4.0"), "the change")
            let current = try require(try await platform.extensionInForce(type, name), "the version in force")
            try expectEqual(current.version, "1.4.0", "the version in force")
            try expectEqual(current.checksum, digest.description, "its checksum")
        }
        try await context.step("without a constraint the newest release is taken, and no pre-release") {
            let change = try await platform.updateExtension(type, name)
            try expectEqual(
                change, ExtensionChange(isChanged: true, previous: "1.4.0", version: "2.0.0"), "the change")
        }
        try await context.step("an update never goes back") {
            let change = try await platform.updateExtension(type, name, to: "^1")
            try expectEqual(
                change, ExtensionChange(isChanged: false, previous: "2.0.0", version: "2.0.0"), "the change")
            let loaded = try await platform.extensions().filter { $0.name == name }.map(\.version)
            try expectEqual(Set(loaded), ["1.0.0", "1.4.0", "2.0.0"], "the loaded versions")
        }
        try await context.step("an update that is not fit for use changes nothing") {
            let broken = OCIExtension(type: type, name: name, version: "2.1.0")
            try await broken.push(Array("no archive".utf8), context)
            try await expectRefusal("a broken update", statuses: 400...599) {
                _ = try await platform.updateExtension(type, name)
            }
            try expectEqual(try await platform.extensionInForce(type, name)?.version, "2.0.0", "the version in force")
        }
    }

    static let rollback = test(
        "workflows/extension-loading/rollback", "Extension rollback", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let name = context.unique("rollback")
        let type = PlainExtension.type
        let first = PlainExtension(name: name, version: "1.0.0", note: "first")
        let digest = try await context.step("load one version, then update twice") {
            let digest = try await first.push(context)
            _ = try await platform.load(first.wish)
            for version in ["1.1.0", "1.2.0"] {
                try await PlainExtension(name: name, version: version).push(context)
                _ = try await platform.updateExtension(type, name)
            }
            return digest
        }
        try await context.step("one step back") {
            let change = try await platform.rollBackExtension(type, name)
            try expectEqual(
                change, ExtensionChange(isChanged: true, previous: "1.2.0", version: "1.1.0"), "the change")
            try expectEqual(try await platform.extensionInForce(type, name)?.version, "1.1.0", "the version in force")
        }
        try await context.step("a second step back, to what the registry does not have any more") {
            try await first.withdraw(context)
            let change = try await platform.rollBackExtension(type, name)
            try expectEqual(
                change, ExtensionChange(isChanged: true, previous: "1.1.0", version: "1.0.0"), "the change")
            let current = try require(try await platform.extensionInForce(type, name), "the version in force")
            try expectEqual(current.checksum, digest.description, "its checksum")
        }
        try await context.step("there is nothing before the first") {
            try await expectRefusal("a third step back", statuses: 409...409) {
                _ = try await platform.rollBackExtension(type, name)
            }
            try expectEqual(try await platform.extensionInForce(type, name)?.version, "1.0.0", "the version in force")
        }
        try await context.step("after it, an update goes forward again") {
            let change = try await platform.updateExtension(type, name)
            try expectEqual(
                change, ExtensionChange(isChanged: true, previous: "1.0.0", version: "1.2.0"), "the change")
        }
        try await context.step("what was never loaded cannot go back") {
            try await expectRefusal("a rollback of nothing", statuses: 404...404) {
                _ = try await platform.rollBackExtension(type, context.unique("never"))
            }
        }
    }

    static let validation = test(
        "workflows/extension-loading/validation", "Extension validation", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let type = PlainExtension.type
        try await context.step("a good one has no faults, and is not loaded by being looked at") {
            let good = PlainExtension(name: context.unique("good"), version: "1.0.0")
            try await good.push(context)
            try expectEqual(try await platform.validate(good.wish), [], "the faults")
            try expectEqual(try await platform.extensionInForce(type, good.name), nil, "the loaded extension")
        }
        for fault in Fault.allCases {
            // A name for each: archives that were looked at may be kept.
            let item = PlainExtension(name: context.unique("bad-\(fault.rawValue)"), version: "1.0.0")
            let (archive, word) = fault.archive(of: item, context)
            try await context.step("\(fault.rawValue): said, and refused") {
                try await OCIExtension(type: type, name: item.name, version: item.version).push(archive, context)
                let faults = try await platform.validate(item.wish)
                try expect(faults.contains { $0.contains(word) }, "a fault names “\(word)”", actual: faults)
                try await expectRefusal("loading it", statuses: 400...599) { _ = try await platform.load(item.wish) }
                try expectEqual(try await platform.extensionInForce(type, item.name), nil, "the loaded extension")
            }
        }
        try await context.step("what is not there cannot be looked at") {
            try await expectRefusal("an extension that nobody has", statuses: 404...404) {
                _ = try await platform.validate(ExtensionWish(type, context.unique("nobody")))
            }
        }
    }
}

/// What can be wrong with an archive.
private enum Fault: String, CaseIterable {
    case noArchive = "no-archive"
    case noManifest = "no-manifest"
    case noJSON = "no-json"
    case noProgram = "no-program"
    case otherName = "other-name"
    case wayOut = "way-out"
    case openNeed = "open-need"

    /// An archive that has the fault, and a word that names it.
    func archive(of item: PlainExtension, _ context: TestContext) -> (archive: [UInt8], word: String) {
        let names = context.profile.artifacts
        let files = item.files(context)
        switch self {
        case .noArchive: return (Array("text".utf8), "tar")
        case .noManifest: return (TarArchive.gzipped(Array(files.dropFirst())), names.manifestFile)
        case .noJSON:
            let broken = ArchiveFile(path: names.manifestFile, content: Array("{".utf8))
            return (TarArchive.gzipped([broken] + files.dropFirst()), names.manifestFile)
        case .noProgram: return (TarArchive.gzipped(Array(files.dropLast())), names.removeProgram)
        case .otherName:
            let other = PlainExtension(name: context.unique("other"), version: "1.0.0")
            return (other.archive(context), other.name)
        case .wayOut: return (TarArchive.gzipped(files + [ArchiveFile(path: "../escape", content: [1])]), "escape")
        case .openNeed:
            var needy = item
            needy.needs = [.init(name: context.unique("missing"), constraint: "^1")]
            return (needy.archive(context), needy.needs[0].name)
        }
    }
}
