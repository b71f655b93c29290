import FleetHTTP
import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The driver `container` with podman and an image that the test builds from a program of Debian's.
@Suite("Containers", .serialized, .enabled(if: ContainerImage.isBuildable, "podman, runc or busybox-static is missing"))
struct ContainerTests {
    @Test("containers come up, keep their data in a volume, reach each other, and leave nothing")
    func life() async throws {
        try await withPlace { place in
            try await ContainerImage.with { image in
                let plan = try plan(place, image)
                let environment = try await place.bringUp(plan)
                #expect(environment.driver == .container)
                #expect(environment.services.map(\.backing) == [.container, .container])
                #expect(environment.services.map(\.version) == [image, image])
                let url = try #require(environment.endpoints["gitea", "url"])
                let client = HTTPClient(idleConnections: 1)
                #expect(try await get("\(url)/files/hello", client) == "port 80 in solo\n")
                // The second one asks the first one by its name in their network.
                let other = try #require(environment.endpoints["extension-registry", "url"])
                #expect(try await get("\(other)/seen", client) == "port 80 in solo\n")
                let before = try await get("\(url)/data/starts", client)
                try await environment.restart("gitea")
                let after = try await get("\(url)/data/starts", client)
                #expect(before == "1\n" && after == "1\n1\n")
                #expect(try await names(place.name).sorted() == ["container", "container", "network", "volume"])
                let log = String(decoding: try AtomicFile.read("\(plan.directory)/logs/gitea.log"), as: UTF8.self)
                #expect(log.contains("started as gitea"))
                #expect(await environment.takeDown() == [])
                #expect(try await names(place.name) == [])
                #expect(access(plan.directory, F_OK) != 0)
            }
        }
    }

    @Test("when the keeper is killed the containers go, and their network")
    func killedKeeper() async throws {
        try await withPlace { place in
            try await ContainerImage.with { image in
                let environment = try await place.bringUp(try plan(place, image))
                kill(environment.keeperProcessID, SIGKILL)
                #expect(await environment.failure()?.kind == .keeper)
                #expect(await environment.takeDown() == [])
                #expect(try await names(place.name) == [])
            }
        }
    }

    @Test("an image that is not there is named, with what the program said")
    func noImage() async throws {
        try await withPlace { place in
            let plan = try plan(place, "localhost/there-is-no-such-image:1")
            do {
                _ = try await place.bringUp(plan)
                Issue.record("it came up")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .start && failure.tried.contains("there-is-no-such-image"))
                #expect(failure.log.joined().contains("there-is-no-such-image"))
            }
            #expect(try await names(place.name) == [])
        }
    }

    @Test("limits are said to the container program, and a container is possible with this driver alone")
    func settings() throws {
        var backing = BackingSettings(kind: .container)
        backing.image = "there:1"
        backing.memory = "64m"
        backing.processors = "1.5"
        var plan = EnvironmentPlan(
            request: EnvironmentRequest(mode: .solo, driver: .container), name: "n", directory: "/d", bundle: "/b")
        plan.settings.services = ["registry": ServiceSettings(backings: [backing])]
        let surroundings = ServiceSurroundings(
            plan: plan, directory: "/d/registry", endpoints: Endpoints([:]), secrets: [:])
        let words = ContainerService(service: "registry", settings: backing).launch(in: surroundings, port: 5000)
            .arguments.joined(separator: " ")
        #expect(words.contains("--memory 64m --cpus 1.5 there:1") && !words.contains("/udp"))
        func missing(_ driver: Driver?, _ path: String) -> [String] {
            ServiceCatalogue.missingPrograms(
                for: .solo, bundle: "/b", path: path, settings: plan.settings, driver: driver
            ).filter { $0.service == "registry" }.map(\.description)
        }
        #expect(missing(.container, Built.path) == [])
        #expect(missing(.namespace, Built.path) == ["the driver container (for registry)"])
        #expect(missing(nil, Built.path) == ["the driver container (for registry)"])
        #expect(missing(.container, "/nowhere") == ["podman or docker (for registry)"])
    }

    @Test(
        "a DNS server in a container answers by UDP and reads what the orchestrator writes",
        .enabled(
            if: servicesAreThere && ["knotd", "knotc", "dig"].allSatisfy { ProgramSearch.find($0) != nil },
            "knot, dnsutils or docker-registry is missing"))
    func zoneFile() async throws {
        try await withPlace { place in
            try await ContainerImage.with(programs: ["/usr/sbin/knotd", "/usr/sbin/knotc"]) { image in
                var plan = try place.plan(.container)
                plan.settings.services = ["dns": ServiceSettings(backings: [zoneReader(image)])]
                let environment = try await place.bringUp(plan)
                let dns = try #require(environment.services.first { $0.name == "dns" })
                #expect(dns.backing == .container && dns.version == image)
                let url = try #require(environment.endpoints["orchestrator", "url"])
                var request = HTTPRequest(method: .post, url: "\(url)/api/v1/dns/records")
                request.headers["Content-Type"] = "application/json"
                request.body = Array(#"{"name":"spare","record_type":"A","value":"127.64.9.9"}"#.utf8)
                let made = try await HTTPClient(idleConnections: 1).execute(request)
                #expect(made.status == 201, "\(made.text)")
                #expect(try await address(of: "spare", in: environment) == "127.64.9.9\n")
                try await environment.restart("dns")
                #expect(try await address(of: "spare", in: environment) == "127.64.9.9\n", "the zone stays")
                #expect(await environment.takeDown() == [])
                #expect(try await names(place.name) == [])
            }
        }
    }

    private func address(of name: String, in environment: RunningEnvironment) async throws -> String {
        let port = try #require(environment.endpoints["dns", "port"])
        return try await run(
            ["dig", "+short", "+notcp", "+time=2", "-p", port, "@127.0.0.1", "\(name).\(KnotDNS.zone)", "A"]
        ).output
    }

    // CoreDNS is in no Debian package: knot stands in for it, and reads the zone's file again every second.
    private func zoneReader(_ image: String) -> BackingSettings {
        var backing = BackingSettings(kind: .container)
        backing.image = image
        backing.containerPort = 53
        backing.files = [
            "knot.conf": """
            server:
                rundir: /tmp
                listen: 0.0.0.0@{port}
            log:
              - target: stderr
                any: info
            control:
                listen: /tmp/knot.sock
            database:
                storage: /tmp
            zone:
              - domain: \(KnotDNS.zone)
                file: /zone/zone
                zonefile-sync: -1
                zonefile-load: whole
                journal-content: none

            """
        ]
        backing.command = [
            "sh", "-c",
            "(while sleep 1; do knotc -s /tmp/knot.sock zone-reload; done) & exec knotd -c {directory}/knot.conf",
        ]
        return backing
    }

    // Two web servers: the first has a file and a volume, the second fetches from the first.
    private func plan(_ place: Place, _ image: String) throws -> EnvironmentPlan {
        var plan = try place.plan(.container)
        var first = BackingSettings(kind: .container)
        first.image = image
        first.containerPort = 80
        first.volume = "/data"
        first.memory = "64m"
        first.files = ["hello": "port {port} in {environment.mode}\n"]
        first.environment = ["WHO": "gitea"]
        first.healthPath = "/files/hello"
        first.command = [
            "sh", "-c",
            "echo started as $WHO; echo 1 >> {data}/starts; ln -s {directory} /files; exec httpd -f -p 80 -h /",
        ]
        var second = first
        second.volume = nil
        second.healthPath = "/seen"
        second.command = [
            "sh", "-c",
            "until wget -q -O /seen http://{gitea.container}/files/hello; do sleep 0.1; done; exec httpd -f -p 80 -h /",
        ]
        plan.settings.services = [
            "gitea": ServiceSettings(backings: [first]), "extension-registry": ServiceSettings(backings: [second]),
        ]
        plan.onlyServices = ["gitea", "extension-registry"]
        return plan
    }

    private func get(_ url: String, _ client: HTTPClient) async throws -> String {
        try await client.execute(HTTPRequest(url: url)).text
    }

    private func names(_ environment: String) async throws -> [String] {
        var kinds: [String] = []
        for (kind, list) in zip(["container", "volume", "network"], ContainerRemains.lists) {
            let listed = try await run(
                ["podman"] + list + ["--filter", "label=\(EnvironmentMark.variable)=\(environment)-a"])
            kinds += listed.output.split(separator: "\n").map { _ in kind }
        }
        return kinds
    }
}

/// An image with a single program, which is many.
private enum ContainerImage {
    static let busybox = "/bin/busybox"
    static let isBuildable =
        ["podman", "runc"].allSatisfy { ProgramSearch.find($0) != nil } && access(busybox, X_OK) == 0

    /// Builds an image, and removes it afterwards.
    ///
    /// - Parameter programs: what it has beside the tools of busybox, with the libraries that it needs.
    static func with(programs: [String] = [], _ body: (_ image: String) async throws -> Void) async throws {
        let name = "localhost/fleet-test-\(getpid()):1"
        let script = """
            set -e
            cd "$(mktemp -d)"
            mkdir -p root/bin root/tmp root/data
            cp \(busybox) root/bin/busybox
            for name in sh httpd wget sleep ln echo; do ln -s busybox root/bin/$name; done
            for program in \(programs.joined(separator: " ")); do
                cp "$program" root/bin/
                for library in $(ldd "$program" | grep -o '/[^ ]*'); do cp --parents -Ln "$library" root; done
            done
            tar -C root -cf image.tar .
            podman import --quiet image.tar \(name) >/dev/null
            rm -rf "$PWD"
            """
        let built = try await run(["sh", "-c", script], variables: ["HOME": "/root"])
        try #require(built.status == .exited(0), "\(built.output)")
        let result: Result<Void, any Error>
        do { result = .success(try await body(name)) } catch { result = .failure(error) }
        _ = try await run(["podman", "rmi", "--force", name], variables: ["HOME": "/root"])
        try result.get()
    }
}
