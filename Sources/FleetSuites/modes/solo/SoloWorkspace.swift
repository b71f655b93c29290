import FleetModel
import FleetTestKit
import InterfaceProfile

extension Solo {
    static let workspaceCreation = test(
        "modes/solo/workspace-creation", "Workspace creation", modes: [.solo], estimate: 1
    ) { context in
        let orchestrator = try context.orchestrator
        let name = context.unique("workspace")
        await context.cleanup("delete workspace \(name)") { try await orchestrator.deleteWorkspace(name) }
        try await context.step("it does not exist yet") {
            try expectEqual(try await orchestrator.workspace(name), nil, "the workspace")
        }
        let path = try await context.step("create it") { try await orchestrator.createWorkspace(name).path }
        let layout = context.profile.workspace.directories + context.profile.workspace.files
        try await context.step("it has the documented layout") {
            let workspace = try require(try await orchestrator.workspace(name), "the workspace")
            let entries = try require(workspace.entries, "the entries of the workspace")
            try expectEqual(layout.filter { !entries.contains($0) }, [], "the entries that are missing")
        }
        // A second witness, where the orchestrator's disk is ours as well.
        let disk = path.flatMap { context.isHere("orchestrator") ? $0 : nil }
        try await context.step("the files are on the disk") {
            guard let disk else { return context.log.info("not looked at: the orchestrator's disk is elsewhere") }
            try expectEqual(layout.filter { !FileProbe.exists("\(disk)/\($0)") }, [], "the files that are missing")
        }
        try await context.step("it is listed, once") {
            let names = try await orchestrator.workspaces().map(\.name).filter { $0 == name }
            try expectEqual(names, [name], "the workspaces of this name")
        }
        try await context.step("a second one of this name is refused") {
            try await expectRefusal("a name that is taken", statuses: 409...409) {
                _ = try await orchestrator.createWorkspace(name)
            }
        }
        try await context.step("delete it") {
            let existed = try await orchestrator.deleteWorkspace(name)
            try expect(existed, "the workspace was there to be deleted")
        }
        try await context.step("it is gone") {
            try expectEqual(try await orchestrator.workspace(name), nil, "the workspace")
            let names = try await orchestrator.workspaces().map(\.name)
            try expect(!names.contains(name), "the list is without it", actual: names)
            if let disk { try expect(!FileProbe.exists(disk), "the directory is removed", actual: disk) }
        }
    }
}
