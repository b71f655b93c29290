import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import NIOCore
import Testing

@testable import PlatformOrchestrator

/// The orchestrator's WebSocket, with a client that is not ours.
@Suite(
    .serialized, .enabled(if: Listener.canRun && TestPlatform.canRun, "needs knot, a registry and python3-websockets"))
struct EventSocketTests {
    @Test(.timeLimit(.minutes(2))) func eventsComeOverAWebSocket() async throws {
        try await TestPlatform.with { platform in
            let path = platform.profile.paths.eventSocket
            try await Listener.with(platform) { listener in
                let body = #"{"servers":["a"],"check_mode":true}"#
                let task = try await platform.run(platform.profile.paths.createServers, body)
                try await listener.service.wait(for: "the end of the task") { listener.log.contains(#""Completed""#) }
                let told = listener.log.split(separator: "\n").compactMap {
                    try? JSONDecoder().decode(JSON.self, from: Data($0.utf8))
                }
                #expect(told.map { $0["type"].string } == ["task_status", "task_status", "task_status"], "\(told)")
                #expect(told.map { $0["data"]["status"].string } == ["Pending", "Running", "Completed"], "\(told)")
                #expect(told.allSatisfy { $0["data"]["task_id"] == task["id"] })
                // The client waits for the answer to its own closing.
                try listener.leave()
                #expect(await listener.ended().contains("closed 1000"), "\(listener.log)")
            }
            #expect(try await platform.get(path).status == 400)
            try await Listener.with(platform) { listener in
                await platform.service.end()
                #expect(await listener.ended().contains("closed 1001"), "\(listener.log)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func strangersAndNonsenseAreRefused() async throws {
        try await TestPlatform.with { platform in
            let handshake = [
                "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            ]
            func ask(_ headers: [String], _ sent: String = "") async throws -> String {
                let script = """
                    import socket, sys
                    s = socket.create_connection(("127.0.0.1", \(platform.port)), 10)
                    path = b"\(platform.profile.paths.eventSocket)"
                    s.sendall(b"GET " + path + b" HTTP/1.1\\r\\nHost: me\\r\\n" + sys.argv[1].encode() + b"\\r\\n")
                    head = s.recv(4096)
                    s.sendall(bytes.fromhex(sys.argv[2]))
                    print(head.split()[1].decode(), s.recv(100).hex() if sys.argv[2] else "")
                    """
                let lines = headers.map { "\($0)\r\n" }.joined()
                return try await Program.run("/usr/bin/python3", ["-c", script, lines, sent]).output
            }
            let foreign = try await ask(handshake + ["Origin: http://elsewhere"])
            #expect(foreign == "403 \n")
            #expect(try await ask(handshake.dropLast()) == "400 \n")
            #expect(try await ask(Array(handshake.dropFirst())) == "400 \n")
            // A frame without a mask, and one that is too large: the server says that the rules are broken.
            #expect(try await ask(handshake + ["Origin: http://me"], "810161") == "101 880203ea\n")
            #expect(try await ask(handshake, "82fe7fff00000000") == "101 880203ea\n")
        }
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: TestControlCenter.canRun, "needs PostgreSQL"))
    func whoHasNoTokenHearsNothing() async throws {
        try await TestControlCenter.with { center in
            let settings = #"{"security":{"control_center":"\#(center.center.url)"}}"#
            try await TestPlatform.with(mode: "multiuser", settings: settings) { platform in
                let refusal = await #expect(throws: TestServiceError.self) {
                    try await Listener.with(platform) { _ in }
                }
                #expect(refusal?.description.contains("HTTP 401") == true, "\(refusal?.description ?? "")")
                try await Listener.with(platform, token: try await center.token("viewer")) { listener in
                    try listener.leave()
                    #expect(await listener.ended().contains("closed 1000"), "\(listener.log)")
                }
            }
        }
    }

    @Test(arguments: [(3, [0x81, 3]), (300, [0x81, 126, 1, 44]), (70_000, [0x81, 127, 0, 0, 0, 0, 0, 1, 17, 112])])
    func framesSayHowLongTheyAre(length: Int, head: [Int]) {
        let frame = WebSocket.message(String(repeating: "a", count: length))
        #expect(Array(frame.readableBytesView.prefix(head.count)) == head.map { UInt8($0) })
        #expect(frame.readableBytes == head.count + length)
    }
}

/// Debian's client of WebSockets, as a program: prints what it hears, and leaves when it is told to.
private struct Listener: Sendable {
    let service: TestService
    let directory: String

    var log: String { service.log }

    static var canRun: Bool { FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/websockets") }

    private static let script = """
        import asyncio, os, sys, websockets
        async def leave(listener, file):
            while not os.path.exists(file): await asyncio.sleep(0.05)
            await listener.close()
        async def main(url, token, file):
            headers = {"Authorization": "Bearer " + token} if token else {}
            async with websockets.connect(url, extra_headers=headers) as listener:
                await (await listener.ping())
                print("open", flush=True)
                leaving = asyncio.create_task(leave(listener, file))
                try:
                    while True: print(await listener.recv(), flush=True)
                except websockets.ConnectionClosed:
                    print("closed", listener.close_code, flush=True)
                leaving.cancel()
        asyncio.run(main(*sys.argv[1:]))
        """

    /// Runs a test with the client listening. Throws what the client says when it is not let in.
    static func with(
        _ platform: TestPlatform, token: String = "", _ body: (Listener) async throws -> Void
    ) async throws {
        let directory = try TestService.temporaryDirectory("listener")
        let url = "ws://127.0.0.1:\(platform.port)\(platform.profile.paths.eventSocket)"
        let service = try TestService(
            "/usr/bin/python3", ["-c", script, url, token, "\(directory)/leave"], directory: directory)
        do {
            try await service.wait(for: "listening") { service.log.hasPrefix("open\n") }
            try await body(Listener(service: service, directory: directory))
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    /// Has the client close the connection.
    func leave() throws { try AtomicFile.write([], to: "\(directory)/leave") }

    /// The log of the client that has ended, or has not within ten seconds.
    func ended() async -> String {
        _ = await Waiting.until(within: .seconds(10)) { log.contains("closed") }
        return log
    }
}
