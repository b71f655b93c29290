import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension CompleteDeployment {
    static let workspaceAndExtensions = test(
        "e2e/complete-deployment/workspace-and-extensions", "Initialize workspace and load extensions",
        modes: .from(.solo),
        estimate: 3
    ) { context in
        let deployment = try Deployment(context)
        let orchestrator = try await context.platform
        try await deployment.makeWorkspace()
        try await context.step("the workspace has its layout") {
            let workspace = try require(try await orchestrator.workspace(deployment.workspace), "the workspace")
            let layout = context.profile.workspace.directories + context.profile.workspace.files
            let entries = workspace.entries ?? []
            try expectEqual(layout.filter { !entries.contains($0) }, [], "the entries that are missing")
        }
        let digests = try await deployment.publish(deployment.pieces)
        for (piece, digest) in zip(deployment.pieces, digests) {
            try await context.step("load \(piece.reference)") {
                let item = piece.item
                let loaded = try await orchestrator.loadExtension(
                    type: item.type, name: item.name, version: item.version)
                try expectEqual(loaded.version, item.version, "the version")
                try expectEqual(loaded.checksum, digest.description, "the checksum")
                let stored = try await context.registry.pullManifest(
                    item.version, from: item.repository(context.profile))
                try expectEqual(stored.manifest.layers.map(\.digest), [digest], "the layers in the registry")
            }
        }
        try await context.step("all four are listed as they were pushed") {
            let listed = try await orchestrator.extensions().filter { $0.version.hasSuffix(deployment.etcd.mark) }
            let wanted = Dictionary(uniqueKeysWithValues: zip(deployment.pieces.map(\.kind.rawValue), digests))
            try expectEqual(Set(listed.map(\.name)), Set(wanted.keys), "the names")
            let wrong = listed.filter { $0.checksum != wanted[$0.name]?.description }
            try expectEqual(wrong, [], "those with another checksum")
        }
    }

    static let serversAndNames = test(
        "e2e/complete-deployment/servers-and-dns", "Create 3 servers and verify DNS registration",
        modes: .from(.solo), estimate: 4
    ) { context in
        let deployment = try Deployment(context)
        let identity = try await context.makeIdentity()
        let servers = try await deployment.makeServers(authorizedKeys: [identity.publicKey])
        _ = try await context.step("each of them is listed, named and answers") {
            try await context.expectServers(deployment.names)
        }
        for server in servers {
            let address = try require(server.address, "the address of \(server.name)")
            try await context.step("\(server.name) resolves over UDP and TCP, and lets its owner in") {
                try await context.expectAddresses([address], of: "\(server.name).\(try context.zone)")
                let ssh = try context.ssh(to: server, identity: identity.privateKeyFile)
                let place = try await ssh.output(of: "echo \"$SERVER_NAME $SSH_CONNECTION\"").split(separator: " ")
                try expectEqual(place.first.map(String.init), server.name, "the server that let us in")
                try expectEqual(
                    place.dropFirst(3).first.map(String.init), address, "the address that it was reached at")
            }
        }
        try await context.step("the orchestrator lists the same records") {
            let records = try await context.platform.dnsRecords()
            for server in servers {
                let listed = records.filter { $0.name == server.dnsName && $0.type == "A" }.map(\.value)
                try expectEqual(listed, [server.address ?? ""], "the listed addresses of \(server.name)")
            }
        }
    }

    static let containerdAndEtcd = test(
        "e2e/complete-deployment/containerd-and-etcd",
        "Install containerd on all servers and etcd on the control plane",
        modes: .from(.solo), estimate: 5
    ) { context in
        let deployment = try Deployment(context)
        try await deployment.publish([deployment.containerd, deployment.etcd])
        let servers = try await deployment.makeServers()
        try await deployment.install(deployment.containerd, on: deployment.names)
        try await deployment.expectDaemons(deployment.containerd, on: deployment.names)
        try await deployment.install(deployment.etcd, on: [deployment.control])
        try await deployment.expectDaemons(deployment.etcd, on: [deployment.control])
        try await context.step("etcd keeps what it is told") {
            let etcd = try deployment.etcd.web(servers[0], context)
            let value = context.unique("value")
            let stored = try await etcd.send(.put, "/tests/key", body: Array(value.utf8))
            try expectEqual(stored.status, 200, "the status of the write")
            let found = try await etcd.send(.get, "/tests")
            try expectEqual(String(decoding: found.body, as: UTF8.self), "/tests/key \(value)\n", "what it kept")
        }
    }

    static let kubernetesAndCilium = test(
        "e2e/complete-deployment/kubernetes-and-cilium", "Install kubernetes on all servers and cilium for networking",
        modes: .from(.solo), estimate: 10
    ) { context in
        let deployment = try Deployment(context)
        try await deployment.build()
        try await deployment.expectDaemons(deployment.kubernetes, on: deployment.names)
        try await deployment.expectDaemons(deployment.cilium, on: deployment.names)
        try await context.step("what a piece needs was there, and was left alone") {
            for server in try await deployment.servers() {
                let expected = server.name == deployment.control ? 4 : 3
                try expectEqual(server.taskservs.count, expected, "the number of taskservs on \(server.name)")
            }
        }
        try await context.step("every node sees all three nodes ready") {
            try await deployment.expectReady(deployment.names, by: try await deployment.servers())
        }
        try await context.step("every node reaches the others") { try await deployment.expectReached() }
    }
}
