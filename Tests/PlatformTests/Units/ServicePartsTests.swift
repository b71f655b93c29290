import FleetSystem
import FleetTestSupport
import Foundation
import Hummingbird
import PlatformService
import Testing

struct ServicePartsTests {
    private struct Sample: Decodable {
        let url: String
        let limit: Int

        enum CodingKeys: String, CodingKey, CaseIterable { case url, limit }

        init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            url = try container.decode(String.self, forKey: .url)
            limit = try container.decodeIfPresent(Int.self, forKey: .limit) ?? 7
        }
    }

    @Test(
        arguments: [
            (#"{"url":"http://h"}"#, 0o600, nil),
            (#"{"url":"http://h"}"#, 0o640, "chmod 600"),
            (#"{"url":"http://h","odd":1,"bad":2}"#, 0o600, "unknown: bad, odd; known: limit, url"),
            (#"{"limit":1}"#, 0o600, "url: is missing"),
            (#"{"url":"h","limit":"many"}"#, 0o600, "limit: is no whole number"),
            ("{", 0o600, "is no JSON"),
        ] as [(String, mode_t, String?)])
    func settingsAreReadStrictly(text: String, mode: mode_t, complaint: String?) throws {
        let directory = try TestService.temporaryDirectory("settings")
        defer { _ = DirectoryTree.remove(directory) }
        let file = "\(directory)/settings.json"
        try Data(text.utf8).write(to: URL(filePath: file))
        chmod(file, mode)
        var said: String?
        do {
            let settings = try SettingsFile.read(file, as: Sample.self)
            #expect(settings.url == "http://h" && settings.limit == 7)
        } catch { said = words(of: error) }
        if let complaint {
            #expect(said?.contains(complaint) == true, "\(said ?? "no error")")
        } else {
            #expect(said == nil)
        }
    }

    @Test func oneProcessHasADataDirectory() throws {
        let parent = try TestService.temporaryDirectory("data")
        defer { _ = DirectoryTree.remove(parent) }
        let path = "\(parent)/data"
        let first = try DataDirectory(path, of: "kms")
        _ = try first.directory("keys")
        #expect(throws: PlatformError.self) { try DataDirectory(path, of: "kms") }
        first.release()
        try DataDirectory(path, of: "kms").release()
        #expect(throws: PlatformError.self) { try DataDirectory(path, of: "registry") }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test func labelsCannotBreakTheMetricsPage() {
        var page = PrometheusPage()
        page.add("a_total", .counter, "All.", 2)
        page.add("b", .gauge, "Some.", samples: [.init(1.5, labels: [("x", "1"), ("y", "q\"b\\n\nz")])])
        #expect(
            page.text == """
                # HELP a_total All.
                # TYPE a_total counter
                a_total 2.0
                # HELP b Some.
                # TYPE b gauge
                b{x="1",y="q\\"b\\\\n\\nz"} 1.5

                """)
    }

    @Test func addressesAreRead() {
        #expect(ListenAddress("127.0.0.1:0") == ListenAddress(host: "127.0.0.1", port: 0))
        #expect(ListenAddress("[::1]:80") == ListenAddress(host: "::1", port: 80))
        for text in ["127.0.0.1", ":80", "h:", "h:65536", "::1:80", "h:-1"] { #expect(ListenAddress(text) == nil) }
    }

    @Test func kindsOfErrorsHaveTheirStatus() {
        let expected: [(PlatformError.Kind, Int)] = [
            (.invalid, 400), (.unauthorised, 401), (.forbidden, 403), (.notFound, 404), (.conflict, 409),
            (.tooManyRequests(retryAfter: 3), 429), (.failed, 500), (.unavailable, 503),
        ]
        for (kind, status) in expected {
            let response = Answer.failure(PlatformError(kind, "no") as any Error)
            #expect(response.status.code == status)
            #expect(response.headers[.retryAfter] == (status == 429 ? "3" : nil))
            #expect(response.headers[.wwwAuthenticate] == (status == 401 ? "Bearer" : nil))
        }
    }
}
