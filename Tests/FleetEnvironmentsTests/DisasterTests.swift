import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(
    "Environments that break", .serialized,
    .enabled(if: servicesAreThere, "platform, knotd, docker-registry or sshd is not there"))
struct DisasterTests {
    @Test("a keeper that is killed is a failure, and nothing stays", arguments: EnvironmentTests.drivers)
    func killedKeeper(driver: Driver) async throws {
        try await withPlace { place in
            let plan = try place.plan(driver)
            let environment = try await place.bringUp(plan)
            let inside = inhabitants(ofNetworkOf: environment.keeperProcessID)
            kill(environment.keeperProcessID, SIGKILL)
            let failure = try #require(await environment.failure())
            #expect(failure.kind == .keeper && failure.happened == "its keeper ended: signal 9")
            #expect(await place.isClean(within: .seconds(5)))
            #expect(driver == .process || (inside.count >= 4 && haveEnded(inside)))
            #expect(await environment.takeDown() == [])
            #expect(access(plan.directory, F_OK) != 0)
        }
    }

    @Test("a service that dies later is named, with its log", arguments: EnvironmentTests.drivers)
    func diesLater(driver: Driver) async throws {
        try await withPlace { place in
            let environment = try await place.bringUp(try place.plan(driver))
            let knot = try #require(place.marked().first { $0.name == "knotd" })
            kill(knot.processID, SIGKILL)
            let failure = try #require(await environment.failure())
            #expect(failure.kind == .died && failure.service == "dns")
            #expect(failure.happened == "it was ready and then ended: signal 9")
            #expect(failure.log.contains { $0.contains("Knot DNS") })
            #expect(await environment.takeDown() == [])
        }
    }

    @Test("a broken command is an error with the service, the command and its last words")
    func brokenCommand() async throws {
        try await withPlace { place in
            var plan = try place.plan(.process)
            plan.searchPath = try fake("knotd", "echo 'the disk is on fire' >&2; exit 3", place, plan)
            do {
                _ = try await place.bringUp(plan)
                Issue.record("it came up")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .start && failure.service == "dns")
                #expect(failure.tried.hasPrefix("started \(place.directory)/bin/knotd --config "))
                #expect(failure.happened == "it ended before it was ready: exit status 3")
                #expect(failure.log == ["the disk is on fire"])
            }
            #expect(access(plan.directory, F_OK) != 0)
            #expect(await place.isClean(within: .zero))
        }
    }

    @Test("a service that never answers ends at the time limit, and says what was asked")
    func neverReady() async throws {
        try await withPlace { place in
            var plan = try place.plan(.namespace)
            plan.settings.readySeconds = 1
            plan.keptPaths = [place.directory]
            plan.searchPath = try fake("docker-registry", "echo hello; exec sleep 600", place, plan)
            do {
                _ = try await place.bringUp(plan)
                Issue.record("it came up")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .start && failure.service == "registry")
                #expect(failure.tried.hasSuffix("then GET http://127.0.0.1:5000/v2/"))
                #expect(failure.happened.hasPrefix("not ready within 1.0 s: "))
                #expect(failure.log == ["hello"])
            }
            #expect(await place.isClean(within: .zero))
        }
    }

    @Test("a port that is taken is left alone, another one is used", arguments: ["registry", "dns", "orchestrator"])
    func portTaken(service: String) async throws {
        try await withPlace { place in
            let holder = try PortHolder()
            defer { holder.close() }
            var plan = try place.plan(.process)
            plan.preferredPorts = [service: holder.port]
            let environment = try await place.bringUp(plan)
            let property = service == "dns" ? "port" : "url"
            #expect(environment.endpoints[service, property]?.hasSuffix("\(holder.port)") == false)
            #expect(await environment.takeDown() == [])
        }
    }

    @Test("a program that is missing is named, with the command that installs it, before anything starts")
    func missingProgram() async throws {
        try await withPlace { place in
            var plan = try place.plan(nil)
            plan.searchPath = place.directory
            for program in ["docker-registry", "sshd"] {
                symlink(try #require(ProgramSearch.find(program)), "\(place.directory)/\(program)")
            }
            do {
                _ = try await place.bringUp(plan)
                Issue.record("it came up")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .missing && failure.service == "dns")
                #expect(
                    "\(failure)" == "service dns: looked for knotd (for dns): this host does not have it; "
                        + "install with: apt-get install -y knot")
            }
            #expect(access(plan.directory, F_OK) != 0)
            let host = await HostCapabilities.probe(bundle: plan.bundle, searchPath: plan.searchPath)
            #expect(host.modes == [] && host.installCommand == "apt-get install -y git knot postgresql prometheus")
            let complete = await HostCapabilities.probe(bundle: plan.bundle, searchPath: Built.path)
            #expect(complete.modes.contains(.solo) && !complete.missing.contains { $0.service == "dns" })
            #expect(complete.drivers.prefix(2) == [.namespace, .process])
        }
    }

    @Test("strict services refuse what is builtin; modes and drivers that are not there are named")
    func refusals() async throws {
        try await withPlace { place in
            func kind(_ change: (inout EnvironmentPlan) -> Void) async throws -> EnvironmentFailure.Kind? {
                var plan = try place.plan(.process)
                change(&plan)
                do {
                    _ = try await place.bringUp(plan)
                    return nil
                } catch let failure as EnvironmentFailure { return failure.kind }
            }
            let kinds = [
                try await kind { $0.request.strictServices = true },
                try await kind { $0.onlyServices = ["no-such-service"] },
                try await kind { $0.request.driver = .external },
                try await kind { $0.bundle = "/no/such/bundle" },
            ]
            #expect(kinds == [.strict, .missing, .driver, .missing])
        }
    }

    @Test("a cancelled start takes down what was there", arguments: EnvironmentTests.drivers)
    func cancelled(driver: Driver) async throws {
        try await withPlace { place in
            var plan = try place.plan(driver)
            plan.keptPaths = [place.directory]
            plan.searchPath = try fake("docker-registry", "exec sleep 600", place, plan)
            let started = plan
            // Awaited below.
            let task = Task { try await place.bringUp(started) }
            #expect(await Waiting.until(within: .seconds(10)) { place.marked().contains { $0.name == "sleep" } })
            task.cancel()
            await #expect(throws: EnvironmentFailure.self) { try await task.value }
            #expect(await place.isClean(within: .zero))
            #expect(access(plan.directory, F_OK) != 0)
        }
    }

    @Test("a service that starts slowly is waited for")
    func slow() async throws {
        try await withPlace { place in
            var plan = try place.plan(.process)
            let real = try #require(ProgramSearch.find("docker-registry"))
            plan.searchPath = try fake("docker-registry", "sleep 1; exec \(real) \"$@\"", place, plan)
            let environment = try await place.bringUp(plan)
            let registry = try #require(environment.services.first { $0.name == "registry" })
            #expect(registry.readySeconds > 1 && environment.readySeconds > 1)
            #expect(await environment.takeDown() == [])
        }
    }

    @Test(
        "a full disk is an error that names the service; nothing stays",
        .enabled(if: geteuid() == 0, "only root may mount a small disk"))
    func fullDisk() async throws {
        try await withPlace { place in
            let (helper, bundle) = (try #require(Built.helper), try #require(Built.bundle))
            // Seen by this one process and what it starts.
            let script = """
                mkdir \(place.directory)/disk && mount -t tmpfs -o size=16k none \(place.directory)/disk
                exec \(helper) environment \(place.directory)/disk/e \(bundle) process \(place.name)-full </dev/null
                """
            let answer = try await run(["unshare", "--mount", "sh", "-c", script])
            #expect(answer.status == .exited(70))
            // Whether the file of the service or the service itself meets the end of the disk first depends on little.
            let words = ["its disk is full", "No space left on device"]
            #expect(
                answer.output.contains("error: service ") && words.contains(where: answer.output.contains), "\(answer)")
            #expect(await place.isClean(within: .zero))
        }
    }

    // Puts a program of the same name before the real one; returns the search path.
    private func fake(_ name: String, _ script: String, _ place: Place, _ plan: EnvironmentPlan) throws -> String {
        try PrivateDirectory.ensure("\(place.directory)/bin")
        let program = "#!/bin/sh\ncase \"$1\" in --version) echo fake 1;; *) \(script);; esac\n"
        try AtomicFile.write(program.utf8, to: "\(place.directory)/bin/\(name)", mode: 0o755)
        return "\(place.directory)/bin:\(plan.programPath)"
    }
}

/// A TCP and UDP port that is taken by the tests themselves.
struct PortHolder {
    let port: Int
    private let descriptors: [Int32]

    init() throws {
        let stream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = SocketAddress.ipv4("127.0.0.1", port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withSocketAddress(&address) { bind(stream, $0, length) } == 0 && listen(stream, 8) == 0
        try #require(isBound)
        _ = withSocketAddress(&address) { getsockname(stream, $0, &length) }
        let datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let isBoundToo = withSocketAddress(&address) { bind(datagram, $0, length) } == 0
        try #require(isBoundToo)
        port = Int(UInt16(bigEndian: address.sin_port))
        descriptors = [stream, datagram]
    }

    func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}
