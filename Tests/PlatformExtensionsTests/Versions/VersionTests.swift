import PlatformService
import Testing

@testable import PlatformExtensions

struct VersionTests {
    @Test func precedenceIsThatOfTheSpecification() throws {
        // The examples of semver.org, rule 11.
        let ordered = try [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
        ].map(version)
        #expect(ordered.shuffled().sorted() == ordered)
        #expect(try version("1.0.0+a").precedence(over: version("1.0.0+b")) == 0)
        #expect(try version("1.0.0+a") < version("1.0.0+b"))
    }

    @Test(arguments: [
        "", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3-a..b", "1.2.3.4", "1.2.3-ä",
        " 1.2.3",
        "1.2.x", "-1.2.3", "1.2.3+a+b", "9999999999999999999.0.0",
    ]) func isNoVersion(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test(arguments: ["0.0.0", "1.2.3-rc.1", "1.2.3-0a.-.7+001.x", "1.0.0+-"]) func keepsItsSpelling(text: String) {
        #expect(SemanticVersion(text)?.description == text)
    }

    @Test(.enabled(if: NodeSemver.isInstalled, "npm's semver is not there to compare with"))
    func readsAndOrdersAsNodeDoes() async throws {
        var maker = VersionMaker(seed: 20_251_006)
        let texts = (0..<3000).map { _ in maker.nearlyVersion() }
        let valid = try await NodeSemver.answers(
            "/^[0-9]/.test(q) && q.trim()===q && s.valid(q)!==null", texts, as: Bool.self)
        for (text, isValid) in zip(texts, valid) { #expect((SemanticVersion(text) != nil) == isValid, "\(text)") }
        #expect(valid.contains(true) && valid.contains(false))

        let good = texts.filter { SemanticVersion($0) != nil }
        let pairs = (0..<3000).map { _ in [maker.pick(good), maker.pick(good)] }
        let orders = try await NodeSemver.answers("s.compare(q[0],q[1])", pairs, as: Int.self)
        for (pair, order) in zip(pairs, orders) {
            #expect(try version(pair[0]).precedence(over: version(pair[1])).signum() == order, "\(pair)")
        }
    }
}
