import BuiltinSupport
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct RequestTests {
    private func answer(_ method: HTTPRequest.Method, _ uri: String) async throws -> (
        status: Int, text: String, link: String?
    ) {
        let words = ["GET /a/{x}", "GET /a/b", "GET /a/{x}/{rest...}", "POST /a/{x}", "GET /page"]
        let routes = words.map { line in
            Route(line) { call in
                if line == "GET /page" {
                    return Page(call.query, normal: 2).answer(Array(1...5), call) { .int($0) }
                }
                let found = call.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return Reply.json(.string(([line] + found).joined(separator: " ")))
            }
        }
        let table = RouteTable(routes) { refusal, _ in Reply.json(.string(refusal.message), status: refusal.status) }
        return try await Application(router: table.router()).test(.router) { client in
            try await client.execute(uri: uri, method: method) { response in
                let text = String(buffer: response.body)
                return (Int(response.status.code), text, response.headers[HTTPField.Name("Link") ?? .server])
            }
        }
    }

    @Test(arguments: [
        ("/a/b", #""GET /a/b""#), ("/a/c", #""GET /a/{x} x=c""#), ("/a/c/", #""GET /a/{x} x=c""#),
        ("/a/c%2Fd", #""GET /a/{x} x=c/d""#), ("/a/c%252Fd", #""GET /a/{x} x=c%2Fd""#),
        ("/a/c/d/e", #""GET /a/{x}/{rest...} rest=d/e x=c""#),
    ])
    func theMostSpecificRouteAnswers(uri: String, text: String) async throws {
        #expect(try await answer(.get, uri).text == text)
    }

    @Test func whatIsNotThereIsTold() async throws {
        #expect(try await answer(.get, "/nothing").status == 404)
        #expect(try await answer(.delete, "/a/b").status == 405)
        #expect(try await answer(.get, "/a/%zz").status == 400)
        let head = try await answer(.head, "/a/b")
        #expect(head.status == 200)
        #expect(head.text.isEmpty)
    }

    @Test func pagesAreLinked() async throws {
        let second = try await answer(.get, "/page?page=2&x=a%20b")
        #expect(second.text == "[3,4]")
        let links = try #require(second.link)
        #expect(links.contains("page=3>; rel=\"next\"") && links.contains("page=1>; rel=\"prev\""))
        #expect(links.contains("x=a%20b"))
        #expect(try await answer(.get, "/page?page=3").link?.contains("next") == false)
        #expect(try await answer(.get, "/page?page=9").text == "[]")
        #expect(try await answer(.get, "/page?limit=99999").text == "[1,2,3,4,5]")
    }

    @Test func formsAreTakenApart() throws {
        let body =
            "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f.txt\"\r\n\r\n1\r\n--2\r\n--x\r\n"
            + "content-disposition: form-data; name=b\r\n\r\n\r\n--x--\r\n"
        let form = try #require(MultipartForm(Array(body.utf8), contentType: "multipart/form-data; boundary=x"))
        #expect(form.parts.map(\.name) == ["a", "b"])
        #expect(form.part("a")?.fileName == "f.txt")
        #expect(form.part("a")?.content == Array("1\r\n--2".utf8))
        #expect(form.part("b")?.content == [])
        let cut = Array(body.utf8.dropLast(6))
        #expect(MultipartForm(cut, contentType: "multipart/form-data; boundary=x") == nil)
    }

    @Test func credentialsAreRead() throws {
        #expect(try Credentials(nil) == nil)
        #expect(try Credentials("Basic YTpiOmM=") == .basic(user: "a", password: "b:c"))
        #expect(try Credentials("token t") == .token("t"))
        #expect(try Credentials("bearer t") == .token("t"))
        for text in ["", "Basic !", "Basic YQ==", "Digest a"] {
            #expect(throws: Refusal.self) { try Credentials(text) }
        }
    }

    @Test func passwordsAreSaltedAndCompared() throws {
        let hash = try PasswordHash("secret")
        #expect(try hash != PasswordHash("secret"))
        let cache = PasswordCache()
        #expect(cache.matches("secret", hash) && cache.matches("secret", hash))
        #expect(!cache.matches("Secret", hash))
        #expect(!"\(try JSONEncoder().encode(hash))".contains("secret"))
    }
}
