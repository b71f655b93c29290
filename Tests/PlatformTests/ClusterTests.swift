import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct ClusterTests {
    private let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func clusterHasItsNodesItsPartsAndItsName() async throws {
        try await TestPlatform.with { platform in
            try await LoginKey.with { key in
                var node = TestArtifact.listener("node")
                let more = "\necho \"$CLUSTER_ROLE $CLUSTER_CONTROL_PLANE\" > role\n"
                node.files["install"] = (node.files["install"] ?? "") + more
                try await node.push(to: platform.registry)
                try await TestArtifact.listener("etcd").push(to: platform.registry)
                let body = #"""
                    {"name":"prod","cluster_type":"kubernetes","control_plane":1,"workers":2,
                     "taskservs":[{"taskserv":"etcd","on":"control-plane"},"node"],"authorized_keys":["\#(key.publicLine)"]}
                    """#
                let task = try await platform.run(paths.createCluster, body)
                #expect(task["status"].string == "Completed", "\(task)")
                let cluster = try await platform.get(filledPath(paths.cluster, "prod")).json["data"]
                #expect(cluster["status"].string == "running" && cluster["cluster_type"].string == "kubernetes")
                #expect(cluster["nodes"].items.count == 3 && cluster["control_plane"].items.count == 1)
                let control = try await platform.server("prod-control-1")
                let address = control["ip_address"].string ?? ""
                #expect(
                    try await platform.knot.resolve("prod.provisioning.local")
                        == ["prod-control-1.provisioning.local.", address])
                #expect(control["taskservs"].items.map { $0["name"].string } == ["etcd", "node"])
                let worker = try await platform.server("prod-worker-2")
                #expect(worker["taskservs"].items.map { $0["name"].string } == ["node"])
                let role = try await key.run("cat taskservs/node/role", on: worker)
                #expect(role.output == "workers \(address)\n", "\(role)")
                let again = try await platform.send("POST", paths.createCluster, body)
                #expect(again.status == 409)

                let gone = try await platform.send("DELETE", filledPath(paths.cluster, "prod"))
                let deletion = try await platform.end(of: try #require(gone.json["data"].string))
                #expect(deletion["status"].string == "Completed", "\(deletion)")
                #expect(try await platform.get(paths.servers).json["data"].items.isEmpty)
                #expect(try await platform.get(paths.clusters).json["data"].items.isEmpty)
                #expect(try await platform.knot.resolve("prod.provisioning.local") == [])
                #expect(ProcessTree.descendants(of: platform.service.processID).isEmpty)
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func clusterThatCannotBeMadeWholeIsNotMade() async throws {
        try await TestPlatform.with { platform in
            try await platform.createServers(["other"])
            let body = #"{"name":"half","control_plane":3,"provider":"local","taskservs":["nowhere"]}"#
            let task = try await platform.run(paths.createCluster, body)
            #expect(task["status"].string == "Failed" && task["error"].string?.contains("nowhere") == true, "\(task)")
            let names = try await platform.get(paths.servers).json["data"].items.map { $0["hostname"].string }
            #expect(names == ["other"])
            #expect(try await platform.get(filledPath(paths.cluster, "half")).status == 404)
            let simulated = #"{"name":"cloud","control_plane":1,"provider":"aws","taskservs":["nowhere"]}"#
            let refused = try await platform.run(paths.createCluster, simulated)
            #expect(refused["error"].string?.contains("nobody can log in") == true, "\(refused)")
            let ha = #"{"name":"ha","control_plane":3,"provider":"upcloud"}"#
            let many = try await platform.run(paths.createCluster, ha)
            #expect(many["status"].string == "Completed", "\(many)")
            #expect(try await platform.knot.resolve("ha.provisioning.local").count == 3)
        }
    }
}
