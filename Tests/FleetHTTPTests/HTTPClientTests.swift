import FleetHTTP
import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("HTTP client")
struct HTTPClientTests {
    private func error(of request: HTTPRequest) async -> HTTPError? {
        do {
            _ = try await HTTPClient.shared.execute(request)
            return nil
        } catch { return error }
    }

    @Test("every method arrives with its fields and body", arguments: HTTPMethod.allCases)
    func methods(method: HTTPMethod) async throws {
        try await TestServer.with { server in
            let body: [UInt8]? = [.get, .head, .delete, .options].contains(method) ? nil : Array("a\0b".utf8)
            let request = HTTPRequest(
                method: method, url: server.url + "/echo", headers: ["X-Empty": "", "X-Value": "1"], body: body)
            let response = try await HTTPClient.shared.execute(request)
            #expect(response.status == 201)
            #expect(response.headers["x-word"] == "a b")
            guard method != .head else { return }
            let length = body.map { #"["content-length", "\#($0.count)"], "# } ?? ""
            #expect(
                response.text == """
                    ["\(method.rawValue)", [["accept", "*/*"], \(length)["host", "127.0.0.1:\(server.port)"], \
                    ["user-agent", "provisioning-fleet"], ["x-empty", ""], ["x-value", "1"]], \
                    "\(body == nil ? "" : #"a\u0000b"#)"]
                    """)
        }
    }

    @Test("a body of its own type, an empty one, and a binary answer of 8 MiB")
    func bodies() async throws {
        try await TestServer.with { server in
            var request = HTTPRequest(
                method: .put, url: server.url + "/echo", headers: ["content-type": "application/json"], body: [])
            let response = try await HTTPClient.shared.execute(request)
            #expect(response.text.contains(#"["content-type", "application/json"]"#))
            #expect(response.text.contains(#"["content-length", "0"]"#))
            request = HTTPRequest(url: server.url + "/bytes/\(8 << 20)")
            #expect(try await HTTPClient.shared.execute(request).body == [UInt8](repeating: 0x78, count: 8 << 20))
            request = HTTPRequest(
                method: .post, url: server.url + "/echo", body: [UInt8](repeating: 0x79, count: 4 << 20))
            #expect(try await HTTPClient.shared.execute(request).body.count > 4 << 20)
        }
    }

    @Test("an answer over the limit is an error that says the limit")
    func limit() async throws {
        try await TestServer.with { server in
            let exact = HTTPRequest(url: server.url + "/bytes/1000", bodyLimit: 1000)
            let response = try await HTTPClient.shared.execute(exact)
            #expect(response.body.count == 1000)
            let over = await error(of: HTTPRequest(url: server.url + "/bytes/1001", bodyLimit: 1000))
            #expect(over?.code == .bodyTooLarge)
            #expect(over?.detail == "the answer has more than 1000 bytes")
        }
    }

    @Test("redirects are answers; nothing is hidden")
    func redirects() async throws {
        try await TestServer.with { server in
            let response = try await HTTPClient.shared.execute(HTTPRequest(url: server.url + "/redirect"))
            #expect(response.status == 302 && response.headers["Location"] == "/echo")
        }
    }

    @Test("refused, closed and cut answers are told apart, and say what was tried")
    func failures() async throws {
        let refused = try #require(await error(of: HTTPRequest(method: .post, url: "http://user:secret@127.0.0.1:1/x")))
        #expect(refused.code == .connectionFailed)
        #expect("\(refused)".hasPrefix("POST http://127.0.0.1:1/x: Failed to connect to 127.0.0.1 port 1"))
        #expect(!"\(refused)".contains("secret"))
        try await TestServer.with { server in
            #expect(await error(of: HTTPRequest(url: server.url + "/close"))?.code == .connectionClosed)
            #expect(await error(of: HTTPRequest(url: server.url + "/short"))?.code == .connectionClosed)
        }
        #expect(await error(of: HTTPRequest(url: "file:///etc/passwd"))?.code == .invalidRequest)
        #expect(await error(of: HTTPRequest(url: "http://127.0.0.1:1/ x"))?.code == .invalidRequest)
        let forged = HTTPRequest(url: "http://127.0.0.1:1/", headers: ["X": "a\r\nY: b"])
        #expect(await error(of: forged)?.code == .invalidRequest)
    }

    @Test("the time limit holds when the answer never comes")
    func timeout() async throws {
        try await TestServer.with { server in
            let start = ContinuousClock.now
            let slow = await error(of: HTTPRequest(url: server.url + "/slow", timeout: .milliseconds(200)))
            #expect(slow?.code == .timeout)
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test("a cancelled task gets its answer at once, before and during the request")
    func cancellation() async throws {
        try await TestServer.with { server in
            let url = server.url + "/slow"
            let start = ContinuousClock.now
            // Both tasks are awaited below.
            let early = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await error(of: HTTPRequest(url: url))
            }
            let late = Task { await error(of: HTTPRequest(url: url)) }
            _ = await Waiting.until(within: .milliseconds(100)) { false }
            late.cancel()
            #expect(await early.value?.code == .cancelled)
            #expect(await late.value?.code == .cancelled)
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test("connections are used again, also by hundreds of requests at once")
    func parallel() async throws {
        try await TestServer.with { server in
            let client = HTTPClient()
            for _ in 0..<20 { _ = try await client.execute(HTTPRequest(url: server.url + "/bytes/10")) }
            let used = try await client.execute(HTTPRequest(url: server.url + "/connections")).text
            #expect(used == "1")
            let total = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await client.execute(HTTPRequest(url: server.url + "/bytes/\(number)")).body.count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(total == 199 * 200 / 2)
        }
    }

    @Test("a client that is let go ends its thread and closes its connections")
    func end() async throws {
        func threads() -> Int { (try? AtomicFile.read("/proc/self/status")).map(count) ?? 0 }
        func count(_ bytes: [UInt8]) -> Int {
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Threads:") }
            return line.flatMap { Int($0.split(separator: "\t").last ?? "") } ?? 0
        }
        try await TestServer.with { server in
            let before = threads()
            for _ in 0..<50 {
                let client = HTTPClient()
                let response = try await client.execute(HTTPRequest(url: server.url + "/bytes/1"))
                #expect(response.text == "x")
            }
            // Other tests run meanwhile and have threads of their own.
            #expect(await Waiting.until(within: .seconds(20)) { threads() <= before + 20 })
        }
    }

    @Test("no proxy of the environment is asked")
    func proxies() async throws {
        try await TestServer.with { server in
            setenv("http_proxy", "http://127.0.0.1:1", 1)
            defer { unsetenv("http_proxy") }
            let response = try await HTTPClient().execute(HTTPRequest(url: server.url + "/bytes/1"))
            #expect(response.text == "x")
        }
    }
}
