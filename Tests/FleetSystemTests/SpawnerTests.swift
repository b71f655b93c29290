import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Starting programs")
struct SpawnerTests {
    @Test("arguments, environment and directory arrive exactly")
    func exactSurroundings() async throws {
        var wanted = specification(["sh", "-c", #"pwd; echo "$1|$2"; env | sort"#, "sh", "a b", ""])
        wanted.environment["WORD"] = "x=y"
        wanted.workingDirectory = "/usr"
        wanted.standardOutput = .pipe
        let child = try Spawner.spawn(wanted)
        let capture = BoundedCapture()
        capture.start(try #require(child.takeStandardOutput()))
        #expect(await child.exit() == .exited(0))
        #expect(await capture.finished(within: .seconds(5)))
        #expect(
            capture.output.headText
                == "/usr\na b|\nPATH=\(ProgramSearch.standardPath)\nPWD=/usr\nWORD=x=y\n")
    }

    @Test("an error names its stage")
    func errorStages() throws {
        func stage(_ change: (inout ProcessSpecification) -> Void) -> SpawnError.Stage? {
            var wanted = specification(["true"])
            change(&wanted)
            do {
                _ = try Spawner.spawn(wanted)
                return nil
            } catch { return error.stage }
        }
        #expect(stage { _ in } == nil)
        #expect(stage { $0.executable = "no-such-program" } == .lookup)
        #expect(stage { $0.executable = "/no/such/program" } == .exec)
        #expect(stage { $0.executable = "/etc/passwd" } == .exec)
        #expect(stage { $0.workingDirectory = "/no/such/directory" } == .directory)
        #expect(stage { $0.standardOutput = .file("/no/such/file") } == .streams)
        #expect(stage { $0.extraDescriptors = [3: 100_000] } == .descriptors)
        #expect(stage { $0.namespaces = .join(processID: Int32.max) } == .join)
        #expect(
            stage { $0.namespaces = .create(NamespaceSetup(keptPaths: ["/tmp/no-such-directory"])) } == .keptPath,
            "namespaces can be made here")
    }

    @Test("the error is a sentence with program, stage and reason")
    func errorSentence() {
        #expect(throws: SpawnError.self) { try Spawner.spawn(specification(["/no/such/program"])) }
        do {
            _ = try Spawner.spawn(specification(["/no/such/program"]))
        } catch {
            #expect(
                "\(error)" == "cannot start /no/such/program: running the program: No such file or directory")
        }
    }

    @Test("only the wanted descriptors arrive, in any order")
    func descriptorTable() async throws {
        // Our own descriptors are crossed on purpose: 3 and 4 of the child come from higher and lower ones of ours.
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var wanted = specification(["sh", "-c", "ls /proc/self/fd | tr '\\n' ' '; echo five >&5"])
        wanted.standardOutput = .pipe
        wanted.extraDescriptors = [5: ends[1]]
        let child = try Spawner.spawn(wanted)
        let capture = BoundedCapture()
        capture.start(try #require(child.takeStandardOutput()))
        #expect(await child.exit() == .exited(0))
        #expect(await capture.finished(within: .seconds(5)))
        // 3 is the directory that ls itself reads.
        #expect(capture.output.headText == "0 1 2 3 5 ")
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &buffer, 16) == 5)
    }

    @Test("it leads a session only when asked")
    func session() async throws {
        let script = "cut -d' ' -f6 /proc/self/stat; echo $$"
        let own = try await run(["sh", "-c", script])
        #expect(own.lines.first == own.lines.last)
        var wanted = specification(["sh", "-c", "test $(cut -d' ' -f6 /proc/$$/stat) != $$"])
        wanted.startsSession = false
        #expect(try await exitStatus(of: wanted) == .exited(0))
    }

    @Test("signals that we ignore or block are not ignored or blocked there")
    func signals() async throws {
        let script = "grep -E 'Sig(Blk|Ign)' /proc/self/status"
        let ran = try await run(["sh", "-c", script])
        #expect(ran.lines.allSatisfy { $0.hasSuffix("0000000000000000") }, "\(ran.output)")
    }

    @Test("statuses and signals are told apart, to any number of waiters")
    func statuses() async throws {
        let child = try Spawner.spawn(specification(["sh", "-c", "exit 3"]))
        async let first = child.exit()
        async let second = child.exit()
        #expect(await [first, second] == [.exited(3), .exited(3)])
        let sleeper = try Spawner.spawn(specification(["sleep", "600"]))
        #expect(await sleeper.exit(within: .milliseconds(50)) == nil)
        sleeper.send(signal: SIGKILL)
        #expect(await sleeper.exit() == .signaled(SIGKILL))
        sleeper.send(signal: SIGKILL)
    }

    @Test("a program that ignores SIGTERM, or is stopped, ends after the grace time")
    func escalation() async throws {
        let script = "trap '' TERM; echo; i=0; while [ $i -lt 60 ]; do sleep 1; i=$((i+1)); done"
        var wanted = specification(["sh", "-c", script])
        wanted.standardOutput = .pipe
        let stubborn = try Spawner.spawn(wanted)
        var byte: UInt8 = 0
        _ = read(try #require(stubborn.standardOutput), &byte, 1)
        #expect(await stubborn.end(grace: .milliseconds(100)) == .signaled(SIGKILL))
        let stopped = try Spawner.spawn(specification(["sleep", "600"]))
        stopped.send(signal: SIGSTOP)
        #expect(await stopped.end(grace: .seconds(10)) == .signaled(SIGTERM))
    }

    @Test("a file gets output appended and is ours alone; a link is refused")
    func files() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/log"
            for word in ["one", "two"] {
                var wanted = specification(["echo", word])
                wanted.standardOutput = .file(path)
                let status = try await exitStatus(of: wanted)
                #expect(status == .exited(0))
            }
            #expect(try AtomicFile.read(path) == Array("one\ntwo\n".utf8))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            symlink(path, "\(directory)/link")
            var wanted = specification(["true"])
            wanted.standardOutput = .file("\(directory)/link")
            #expect(throws: SpawnError.self) { try Spawner.spawn(wanted) }
        }
    }

    @Test("two hundred starts leave no descriptor and no zombie")
    func leaks() async throws {
        func openDescriptors() -> Int { (0..<4096).filter { fcntl(Int32($0), F_GETFD) >= 0 }.count }
        _ = try await run(["true"])
        let before = openDescriptors()
        for _ in 0..<100 {
            var wanted = specification(["true"])
            wanted.standardInput = .pipe
            wanted.standardOutput = .pipe
            wanted.standardError = .pipe
            let child = try Spawner.spawn(wanted)
            #expect(await child.exit(within: .seconds(10)) == .exited(0))
            #expect(throws: SpawnError.self) { try Spawner.spawn(specification(["/no/such/program"])) }
        }
        // Other tests run meanwhile and have descriptors of their own.
        #expect(await Waiting.until(within: .seconds(20)) { openDescriptors() <= before + 40 })
        #expect(
            await Waiting.until(within: .seconds(5)) {
                ProcessTree.all().filter { $0.parentID == getpid() && $0.isZombie }.isEmpty
            })
    }
}
