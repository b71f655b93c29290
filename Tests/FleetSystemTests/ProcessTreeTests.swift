import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Process trees")
struct ProcessTreeTests {
    @Test("orphans are reaped, statuses of our own children are not lost")
    func reaping() async throws {
        let helper = try #require(Helper.path)
        let ran = try await run([helper, "reaper"])
        #expect(ran.output == "3 exit status 7\n")
    }

    @Test(
        "nothing escapes: double forks, own sessions, stopped and forking programs",
        arguments: [
            "sleep 600 & setsid sleep 600 & (setsid sleep 600 & (sleep 600 &) &) ; echo; sleep 600",
            "(setsid sh -c 'sleep 600 & kill -STOP $$' &); sleep 0.1; echo; kill -STOP $$",
            "trap '' TERM HUP INT; i=0; while [ $i -lt 40 ]; do (setsid sleep 600 &); i=$((i+1)); done; echo; wait",
            "echo; i=0; while [ $i -lt 3000 ]; do sleep 60 & sleep 0.01; i=$((i+1)); done",
            // Each ends as soon as its child runs: whoever was seen is gone when the signal comes. The chain ends by
            // itself after a while, because nobody could catch it once the helper has been killed from outside.
            """
            echo; exec python3 -Ssc 'import os, time
            end = time.monotonic() + 60
            while time.monotonic() < end:
                if os.fork(): os._exit(0)'
            """,
            // The same, and each leaves the group and the session of the one before.
            """
            echo; exec python3 -Ssc 'import os, time
            end = time.monotonic() + 60
            while time.monotonic() < end:
                if os.fork(): os._exit(0)
                os.setsid()'
            """,
        ])
    func killing(script: String) async throws {
        let helper = try #require(Helper.path)
        let ran = try await run([helper, "kill-tree", "sh", "-c", script])
        #expect(ran.output == "0 0\n")
    }

    @Test("processes are found by a variable, stopped ones too, and ended")
    func variable() async throws {
        let value = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        var wanted = specification(["sleep", "600"])
        wanted.environment["FLEET_TEST_VARIABLE"] = value
        let first = try Spawner.spawn(wanted)
        let second = try Spawner.spawn(wanted)
        second.send(signal: SIGSTOP)
        let found = ProcessTree.processes(withVariable: "FLEET_TEST_VARIABLE", value: value)
        #expect(Set(found.map(\.processID)) == [first.processID, second.processID])
        #expect(await ProcessTree.end(found, grace: .seconds(5)) == [])
        #expect(await first.exit() == .signaled(SIGTERM))
        #expect(await second.exit() == .signaled(SIGTERM))
    }

    @Test("a handle never takes another process of the same number")
    func handles() async throws {
        let child = try Spawner.spawn(specification(["sleep", "600"]))
        var info = try #require(ProcessInfo(processID: child.processID))
        #expect(info.name == "sleep" && info.parentID == getpid() && info.commandLine == "sleep 600")
        let handle = try #require(ProcessHandle(info))
        #expect(handle.isRunning)
        info.startTicks += 1
        #expect(ProcessHandle(info) == nil)
        #expect(await handle.end(grace: .seconds(5)))
        #expect(!handle.isRunning)
        // Until it has been reaped a signal still has somewhere to go.
        #expect(await child.exit() == .signaled(SIGTERM))
        #expect(!handle.send(signal: SIGKILL))
    }
}
