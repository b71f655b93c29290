import FleetModel
import FleetTestKit
import InterfaceProfile

extension Solo {
    static let singleUserOperations = test(
        "modes/solo/single-user-operations", "Single-user operations (no auth)", modes: [.solo], estimate: 2
    ) { context in
        let orchestrator = try context.orchestrator
        let name = context.unique("dry")
        try await context.step("everything can be read without credentials") {
            _ = try await orchestrator.tasks(limit: 1)
            _ = try await orchestrator.servers()
            _ = try await orchestrator.dnsRecords()
            _ = try await orchestrator.workspaces()
            _ = try await orchestrator.extensions()
        }
        let id = try await context.step("a workflow can be submitted without credentials") {
            try await orchestrator.createServers([name], checkMode: true)
        }
        try await context.step("the task runs to its end") {
            try expect(isUUID(id), "the id of a task is a UUID", actual: id)
            let task = try await orchestrator.completed(id)
            try expectEqual(task.id, id, "the id of the task")
            try expect(task.output != nil, "a completed task has an output", actual: task)
            let started = try require(task.startedAt, "the start time")
            let completed = try require(task.completedAt, "the end time")
            // RFC 3339 in UTC orders like the times themselves.
            let times = [task.createdAt, started, completed]
            try expectEqual(times, times.sorted(), "the order of creation, start and end")
        }
        try await context.step("the task is listed, and found by its state") {
            let spelling = context.profile.spellings.taskCompleted
            let listed = try await orchestrator.allTasks(status: spelling)
            try expectContains(listed.map(\.id), id, "the list of completed tasks")
            try expectEqual(listed.filter { $0.state != .completed }.map(\.id), [], "tasks in another state")
            let first = try await orchestrator.tasks(limit: 1)
            try expectEqual(first.count, 1, "the length of a list with limit 1")
        }
        try await context.step("check mode has changed nothing") {
            let server = try await orchestrator.server(name)
            try expectEqual(server, nil, "the server")
            let values = try await context.dns.values("\(name).\(try context.zone)", .a)
            try expectEqual(values, [], "the addresses in the DNS")
        }
        try await context.step("what does not exist, and what cannot be, is refused") {
            try await expectRefusal("a task that was never submitted", statuses: 404...404) {
                _ = try await orchestrator.task("00000000-0000-4000-8000-000000000000")
            }
            try await expectRefusal("a server whose name is no host name") {
                _ = try await orchestrator.createServers(["-no host name-"], checkMode: true)
            }
        }
    }

    static let adminPermissions = test(
        "modes/solo/admin-permissions", "Admin permissions", modes: [.solo], estimate: 2
    ) { context in
        let orchestrator = try context.orchestrator
        try await context.step("the caller is the administrator, without a login") {
            let identity = try await orchestrator.identity()
            try expectContains(identity.roles, context.profile.spellings.administrator, "the roles")
            let missing = context.profile.spellings.administratorPermissions.filter {
                !identity.permissions.contains($0)
            }
            try expectEqual(missing, [], "the permissions that the administrator lacks")
        }
        let workspace = context.unique("admin")
        await context.cleanup("delete workspace \(workspace)") { try await orchestrator.deleteWorkspace(workspace) }
        try await context.step("may create and delete a workspace") {
            _ = try await orchestrator.createWorkspace(workspace)
            let existed = try await orchestrator.deleteWorkspace(workspace)
            try expect(existed, "the workspace was there to be deleted")
        }
        let server = context.unique("admin")
        await context.cleanup("delete server \(server)") { try await orchestrator.removeServer(server) }
        try await context.step("may create a server") {
            try await orchestrator.completed(try await orchestrator.createServers([server]))
            let status = try require(try await orchestrator.server(server), "the server").status
            try expectEqual(status, context.profile.spellings.serverRunning.lowercased(), "the state of the server")
        }
        try await context.step("may delete a server, without a second factor") {
            try await orchestrator.completed(try await orchestrator.deleteServers([server]))
            try expectEqual(try await orchestrator.server(server), nil, "the server")
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy(\.isHexDigit)
    }
}
