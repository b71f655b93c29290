import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Namespaces", .enabled(if: namespacesArePossible, "this system has no namespaces for us"))
struct NamespaceTests {
    @Test("process 1 is the program itself, in a world of its own", arguments: TestUser.possible)
    func created(user: TestUser) async throws {
        try await withTemporaryDirectory { directory in
            let script = """
                echo pid $$; echo host $(hostname); echo tmp $(ls -A /tmp | wc -l); echo run $(ls -A /run | wc -l)
                echo user $(id -u); echo port $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
                echo processes $(ls -d /proc/[0-9]* | wc -l); echo lo $(tr -d ' ' </proc/net/dev | grep -c :)
                touch /tmp/x /run/x && echo writable
                """
            let ran = try await run(Helper.command(user, ["created", "sh", "-c", script], in: directory))
            #expect(ran.status == .exited(0))
            let expected = user == .ordinary ? 65534 : geteuid()
            #expect(
                ran.lines.filter { !$0.hasPrefix("processes") && !$0.hasPrefix("lo") } == [
                    "pid 1", "host inside", "tmp 0", "run 0", "user \(expected)", "port 0", "writable",
                ], "\(ran.output)")
            #expect(access("/run/x", F_OK) != 0)
        }
    }

    @Test("another program joins them as our own child", arguments: TestUser.possible)
    func joined(user: TestUser) async throws {
        try await withTemporaryDirectory { directory in
            let script = """
                test $$ -gt 1 && test "$(cat /proc/1/comm)" = sleep && hostname && id -u &&
                python3 -c "import socket; s=socket.socket(); s.bind(('127.0.0.1', 53)); s.listen();
                c=socket.create_connection(('127.0.0.1', 53)); print('connected')" && exit 9
                """
            let ran = try await run(Helper.command(user, ["inside", "sh", "-c", script], in: directory))
            let expected = user == .ordinary ? 65534 : geteuid()
            #expect(ran.lines == ["inside", "\(expected)", "connected"])
            #expect(ran.status == .exited(9))
        }
    }

    @Test("a kept directory below /tmp stays visible and writable", arguments: TestUser.possible)
    func kept(user: TestUser) async throws {
        try await withTemporaryDirectory { directory in
            let command = try Helper.command(
                user, ["created", "sh", "-c", "ls -A /tmp && echo hello > $0/word", directory + "/kept"],
                in: directory)
            mkdir(directory + "/kept", 0o777)
            chmod(directory + "/kept", 0o777)
            let ran = try await run(command, environment: ["KEPT": directory])
            #expect(ran.lines == [String(directory.dropFirst("/tmp/".count))])
            #expect(try AtomicFile.read(directory + "/kept/word") == Array("hello\n".utf8))
        }
    }

    @Test("the end of process 1 ends everything inside", arguments: TestUser.possible)
    func killOfProcess1(user: TestUser) async throws {
        try await withTemporaryDirectory { directory in
            let mark = "FLEET_TEST_MARK=\(directory)"
            let script = "for i in 1 2 3; do \(mark) setsid sleep 600 & done; (\(mark) sleep 601 &); kill -9 $$; wait"
            // A SIGKILL from inside does not reach process 1, so it comes from outside: by our own end.
            var wanted = specification(try Helper.command(user, ["created", "sh", "-c", script], in: directory))
            wanted.standardInput = .pipe
            let child = try Spawner.spawn(wanted)
            func marked() -> Int {
                ProcessTree.processes(withVariable: "FLEET_TEST_MARK", value: directory).count
            }
            #expect(await Waiting.until(within: .seconds(10)) { marked() == 4 })
            child.send(signal: SIGKILL)
            #expect(await Waiting.until(within: .seconds(10)) { marked() == 0 })
        }
    }

    @Test("the check says whether it works")
    func check() async {
        #expect(await NamespaceSupport.check() == nil)
    }
}

@Suite("Lives bound to ours")
struct LifetimeTests {
    @Test("a child ends with us, however we end", arguments: TestUser.possible)
    func deathSignal(user: TestUser) async throws {
        try await withTemporaryDirectory { directory in
            var wanted = specification(try Helper.command(user, ["hold", "sleep", "600"], in: directory))
            wanted.standardInput = .pipe
            wanted.standardOutput = .pipe
            let helper = try Spawner.spawn(wanted)
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = read(try #require(helper.standardOutput), &buffer, buffer.count)
            let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            let number = try #require(Int32(text.split(separator: "\n").first ?? ""))
            // The helper's own threads come and go meanwhile; the child must outlive that.
            #expect(await helper.exit(within: .milliseconds(200)) == nil)
            let child = try #require(ProcessInfo(processID: number))
            #expect(child.name == "sleep")
            helper.send(signal: SIGKILL)
            #expect(
                await Waiting.until(within: .seconds(5)) {
                    ProcessInfo(processID: number).map { $0.isZombie || $0.startTicks != child.startTicks } ?? true
                })
        }
    }
}
