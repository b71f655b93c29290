import FleetTestKit
import InterfaceProfile

/// The cluster of one attempt, and the steps that make it. Whatever they make is removed after the test.
struct Deployment: Sendable {
    let context: TestContext
    let workspace: String
    /// The control plane first, then two workers.
    let names: [String]
    /// The name under which the application is reached, one label.
    let application: String
    let containerd: ClusterPiece
    let etcd: ClusterPiece
    let kubernetes: ClusterPiece
    let cilium: ClusterPiece
    let app: ClusterPiece

    init(_ context: TestContext) throws {
        self.context = context
        workspace = context.unique("cluster")
        names = ["control", "worker-1", "worker-2"].map { context.unique($0) }
        application = context.unique("shop")
        let (mark, control) = (context.unique("t"), "\(names[0]).\(try context.zone)")
        func piece(_ kind: ClusterPiece.Kind) -> ClusterPiece { ClusterPiece(kind: kind, mark: mark, control: control) }
        containerd = piece(.containerd)
        etcd = piece(.etcd)
        kubernetes = piece(.kubernetes)
        cilium = piece(.cilium)
        app = piece(.app)
    }

    /// The four pieces of the scenario, in the order of installing.
    var pieces: [ClusterPiece] { [containerd, etcd, kubernetes, cilium] }
    var control: String { names[0] }
    var workers: [String] { Array(names.dropFirst()) }

    /// Step 1.
    func makeWorkspace() async throws {
        let orchestrator = try await context.platform
        await context.cleanup("delete workspace \(workspace)") { try await orchestrator.deleteWorkspace(workspace) }
        _ = try await context.step("initialise the workspace") { try await orchestrator.createWorkspace(workspace) }
    }

    /// What step 2 loads from: the pieces lie in the OCI registry. Returns the digests of their archives.
    @discardableResult
    func publish(_ pieces: [ClusterPiece]) async throws -> [Digest] {
        try await context.step("push \(pieces.map(\.kind.rawValue).joined(separator: ", ")) to the registry") {
            var digests: [Digest] = []
            for piece in pieces { digests.append(try await piece.item.push(try piece.archive(context), context)) }
            return digests
        }
    }

    /// Step 3: one submission makes all three. Returns them in the order of their names.
    @discardableResult
    func makeServers(authorizedKeys: [String] = []) async throws -> [ServerInfo] {
        let orchestrator = try await context.platform
        await context.cleanup("delete the servers of the cluster") { try await context.removeServers(names) }
        return try await context.step("create one server for the control plane and two workers") {
            let id = try await orchestrator.createServers(names, authorizedKeys: authorizedKeys)
            try await orchestrator.completed(id, within: .seconds(90))
            return try await servers()
        }
    }

    /// The servers as the orchestrator describes them now, in the order of their names.
    func servers() async throws -> [ServerInfo] {
        let orchestrator = try await context.platform
        var found: [ServerInfo] = []
        for name in names { found.append(try require(try await orchestrator.server(name), "the server \(name)")) }
        return found
    }

    /// Steps 5 to 8: installs a piece on servers, with one submission.
    func install(_ piece: ClusterPiece, on names: [String]) async throws {
        let orchestrator = try await context.platform
        try await context.step("install \(piece.kind.rawValue) on \(names.count) servers") {
            let id = try await orchestrator.taskserv(.install, piece.reference, on: names)
            try await orchestrator.completed(id, within: .seconds(90))
        }
    }

    /// The steps 2 to 8 without a second look: what the tests of later steps begin with.
    func build() async throws {
        try await publish(pieces)
        try await makeServers()
        try await install(containerd, on: names)
        try await install(etcd, on: [control])
        try await install(kubernetes, on: names)
        try await install(cilium, on: names)
    }

    /// Steps 10 and 11, the doing: the application runs on the workers and has a name.
    func deployApplication() async throws {
        try await publish([app])
        try await install(app, on: workers)
        let calls = try await Calls(context)
        await context.cleanup("remove the name \(application)") { try await calls.unregister(application) }
        try await context.step("give the application its name") {
            for server in try await servers().dropFirst() {
                try await calls.register(application, "A", try require(server.address, "the address of \(server.name)"))
            }
        }
    }
}

extension Deployment {
    /// The daemon of a piece answers, with its version, on each of the servers, and on no other server of the cluster.
    func expectDaemons(_ piece: ClusterPiece, on names: [String]) async throws {
        try await context.step("\(piece.kind.rawValue) answers on \(names.count) servers, and nowhere else") {
            for server in try await servers() {
                guard names.contains(server.name) else {
                    let isListening = try await piece.isListening(on: server)
                    try expect(!isListening, "nobody listens for \(piece.kind.rawValue) on \(server.name)")
                    continue
                }
                let answer = try await piece.ask("/version", of: server, context)
                let version = "\(piece.kind.rawValue) \(piece.version)"
                try expectEqual(answer["version"]?.string, version, "the version on \(server.name)")
                try expectEqual(answer["node"]?.string, server.name, "the node that answers")
                let running = context.profile.spellings.taskservRunning.lowercased()
                let listed = ServerInfo.Taskserv(name: piece.kind.rawValue, version: piece.version, status: running)
                try expectContains(server.taskservs, listed, "what the orchestrator says of \(server.name)")
            }
        }
    }

    /// Kubernetes on every node says that exactly these nodes are ready.
    func expectReady(_ ready: [String], by servers: [ServerInfo]) async throws {
        for server in servers {
            try await eventually("\(server.name) sees the nodes \(ready) ready", within: .seconds(40)) {
                let nodes = try await kubernetes.ask("/nodes", of: server, context).array ?? []
                let found = nodes.filter { $0["ready"]?.bool == true }.compactMap { $0["name"]?.string }
                try expectEqual(found.sorted(), ready.sorted(), "the nodes that \(server.name) sees ready")
            }
        }
    }

    /// Cilium on every node reaches cilium on every other one.
    func expectReached() async throws {
        for server in try await servers() {
            let others = names.filter { $0 != server.name }.sorted()
            try await eventually("\(server.name) reaches \(others)", within: .seconds(40)) {
                let peers = try await cilium.ask("/peers", of: server, context).array ?? []
                try expectEqual(peers.compactMap(\.string).sorted(), others, "the peers of \(server.name)")
            }
        }
    }
}
