import FleetTestSupport
import PlatformService
import Testing

@testable import PlatformExtensions

struct ResolverTests {
    @Test func takesTheNewestThatFitsAndPutsNeedsFirst() throws {
        let shelf = try Shelf([
            "kubernetes 1.28.0": ["containerd ^1.7", "etcd *"], "kubernetes 1.27.0": ["containerd *"],
            "containerd 1.7.2": [], "containerd 1.7.9": [], "containerd 2.0.0": [], "etcd 3.5.0": ["containerd <2"],
        ])
        let resolution = try shelf.resolve("kubernetes").get()
        #expect(
            resolution.order.map(\.description) == [
                "taskserv:containerd:1.7.9", "taskserv:etcd:3.5.0", "taskserv:kubernetes:1.28.0",
            ])
        let containerd = try ExtensionID(.taskserv, "containerd")
        #expect(resolution.accepts(try version("1.7.0"), of: containerd))
        #expect(!resolution.accepts(try version("2.0.0"), of: containerd))
    }

    @Test func goesBackToAnOlderVersionWhereTheNewestDoesNotFit() throws {
        let shelf = try Shelf([
            "app 2.0.0": ["left *", "right *"], "left 2.0.0": ["base ^2"], "left 1.0.0": ["base ^1"],
            "right 1.0.0": ["base ^1"], "base 1.0.0": [], "base 2.0.0": [],
        ])
        #expect(
            try shelf.resolve("app").get().order.map(\.description) == [
                "taskserv:base:1.0.0", "taskserv:left:1.0.0", "taskserv:right:1.0.0", "taskserv:app:2.0.0",
            ])
    }

    @Test func saysWhoAskedForWhatWhenNothingFits() throws {
        let shelf = try Shelf([
            "app 1.0.0": ["left 1.0.0", "right 1.0.0"], "left 1.0.0": ["base ^2"], "right 1.0.0": ["base ^1"],
            "base 1.0.0": [], "base 2.0.0": [],
        ])
        let error = try shelf.failure("app")
        #expect(error.kind == .conflict)
        for words in [
            "taskserv base", "taskserv left 1.0.0 asks for ^2", "taskserv right 1.0.0 asks for ^1", "2.0.0, 1.0.0",
        ] { #expect(error.message.contains(words), "\(error.message)") }
    }

    @Test func namesACircle() throws {
        let shelf = try Shelf(["a 1.0.0": ["b *"], "b 1.0.0": ["c *"], "c 1.0.0": ["a *"], "d 1.0.0": ["d *"]])
        let error = try shelf.failure("a")
        #expect(error.kind == .conflict)
        #expect(
            error.message.contains("taskserv c 1.0.0 → taskserv a 1.0.0 → taskserv b 1.0.0 → taskserv c"),
            "\(error.message)")
        #expect(try shelf.failure("d").message.contains("taskserv d 1.0.0 → taskserv d"))
    }

    @Test func leavesACircleByAnOlderVersion() throws {
        let shelf = try Shelf(["a 1.0.0": ["b *"], "b 2.0.0": ["a *"], "b 1.0.0": []])
        #expect(try shelf.resolve("a").get().order.map(\.description) == ["taskserv:b:1.0.0", "taskserv:a:1.0.0"])
    }

    @Test func whatIsNotThereIsNotFound() throws {
        let shelf = try Shelf(["a 1.0.0": ["gone ^1"], "a 2.0.0-rc.1": []])
        #expect(try shelf.failure("nobody").kind == .notFound)
        let newer = try shelf.failure("a:^2")
        #expect(newer.kind == .notFound && newer.message.contains("^2") && newer.message.contains("2.0.0-rc.1"))
        let needs = try shelf.failure("a")
        #expect(needs.kind == .conflict && needs.message.contains("there is no taskserv gone"))
    }

    @Test func asksOnlyForWhatItNeedsToKnow() throws {
        var resolver = DependencyResolver()
        let wanted = [try ExtensionReference(type: .taskserv, parsing: "a")]
        let id = wanted[0].id
        #expect(resolver.step(for: wanted) == .findVersions(id))
        resolver.versions[id] = try ["1.0.0", "2.0.0"].map(version)
        // The older version is not looked at.
        #expect(resolver.step(for: wanted) == .findNeeds(ExtensionKey(id, try version("2.0.0"))))
    }

    @Test func givesUpBeforeItTakesForEver() throws {
        var needs: [String: [String]] = ["app 1.0.0": (0..<12).map { "p\($0) *" } + ["last ^9"], "last 1.0.0": []]
        for number in 0..<12 { for patch in 0..<4 { needs["p\(number) 1.0.\(patch)"] = [] } }
        let error = try Shelf(needs).failure("app")
        #expect(error.kind == .failed && error.message.contains("combinations"))
    }

    @Test(arguments: 1...300) func findsASolutionExactlyWhenThereIsOne(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let shelf = try Shelf(random: &random)
        let solutions = shelf.allSolutions("a")
        switch shelf.resolve("a") {
        case .success(let resolution):
            let chosen = Dictionary(uniqueKeysWithValues: resolution.order.map { ($0.id, $0.version) })
            #expect(solutions.contains(chosen), "\(shelf.needs)")
            // The newest version of what was asked for, of all that can be had.
            let root = try ExtensionID(.taskserv, "a")
            #expect(chosen[root] == solutions.compactMap { $0[root] }.max())
            for (index, key) in resolution.order.enumerated() {
                let before = Set(resolution.order[..<index].map(\.id))
                #expect((shelf.needs[key] ?? []).allSatisfy { before.contains($0.id) })
            }
        case .failure: #expect(solutions.isEmpty, "\(shelf.needs)")
        }
    }
}
