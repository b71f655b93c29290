import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real server that does what a path says, in a process of its own.
struct TestServer {
    let port: Int
    var url: String { "http://127.0.0.1:\(port)" }

    static func with<Result>(_ body: (TestServer) async throws -> Result) async throws -> Result {
        var wanted = ProcessSpecification(executable: "python3", arguments: ["-u", "-c", script])
        wanted.environment = ["PATH": ProgramSearch.standardPath]
        wanted.standardOutput = .pipe
        let child = try Spawner.spawn(wanted)
        let capture = BoundedCapture()
        capture.start(try #require(child.takeStandardOutput()))
        let result: Swift.Result<Result, any Error>
        do {
            #expect(await Waiting.until(within: .seconds(20)) { capture.output.headText.hasSuffix("\n") })
            let port = try #require(Int(capture.output.headText.dropLast()))
            result = .success(try await body(TestServer(port: port)))
        } catch {
            result = .failure(error)
        }
        child.send(signal: SIGKILL)
        _ = await child.exit()
        await capture.stop()
        return try result.get()
    }

    private static let script = #"""
        import http.server, json, socket, threading, time
        connections = set()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *arguments): pass
            def answer(self, body, status=200, **fields):
                self.send_response(status)
                for name, value in fields.items(): self.send_header(name.replace('_', '-'), value)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if self.command != 'HEAD': self.wfile.write(body)
            def any(self):
                connections.add(self.client_address[1])
                length = int(self.headers.get('Content-Length') or 0)
                body = self.rfile.read(length)
                if self.path == '/echo':
                    fields = sorted([name.lower(), value] for name, value in self.headers.items())
                    self.answer(json.dumps([self.command, fields, body.decode('latin-1')]).encode(), 201, X_Word='  a b ')
                elif self.path.startswith('/bytes/'): self.answer(b'x' * int(self.path.split('/')[2]))
                elif self.path == '/connections': self.answer(str(len(connections)).encode())
                elif self.path == '/redirect': self.answer(b'', 302, Location='/echo')
                elif self.path == '/slow': time.sleep(60)
                elif self.path == '/close': self.connection.shutdown(socket.SHUT_RDWR); self.close_connection = True
                elif self.path == '/short':
                    self.send_response(200); self.send_header('Content-Length', '100'); self.end_headers()
                    self.wfile.write(b'few'); self.close_connection = True
                else: self.answer(b'no', 404)
            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = any
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True
        server = Server(('127.0.0.1', 0), Handler)
        print(server.server_port)
        server.serve_forever()
        """#
}
