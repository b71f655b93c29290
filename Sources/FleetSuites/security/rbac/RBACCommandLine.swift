import FleetModel
import FleetTestKit
import InterfaceProfile

extension RBACTests {
    static let cliCommandAuthorization = test(
        "security/rbac/cli-command-authorization", "CLI command authorization", modes: modes, estimate: 20
    ) { context in
        let remover = try await context.administrator()
        let (server, workspace) = (context.unique("typed"), context.unique("typed"))
        let platform = try await context.platform
        await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
        await context.cleanup("delete workspace \(workspace)") { try await platform.deleteWorkspace(workspace) }
        try await context.step("who is not logged in is told so, and nothing happens") {
            let nobody = try ProvisioningCLI(context, "nobody")
            for command in [
                ["server", "list"], ["server", "create", server], ["workspace", "init", workspace], ["whoami"],
            ] {
                try await nobody.expect(.notLoggedIn, command)
            }
            try await nobody.expect(.notLoggedIn, ["login", "viewer"], input: "a wrong password")
        }
        let viewer = try await context.step("a viewer logs in, and looks") {
            let cli = try ProvisioningCLI(context, "viewer")
            try await cli.logIn(try await context.makeUser("viewer", roles: ["viewer"], remover: remover))
            for command in [["server", "list"], ["workspace", "list"], ["whoami"]] {
                try await cli.expect(.done, command)
            }
            return cli
        }
        try await context.step("he may change nothing: every command that would is refused") {
            for command in [
                ["server", "create", server], ["server", "delete", server], ["workspace", "init", workspace],
                ["workspace", "delete", workspace], ["taskserv", "create", "anything", "--servers", server],
            ] {
                try await viewer.expect(.forbidden, command)
            }
            try expectEqual(try await platform.server(server), nil, "the server")
            try expectEqual(try await platform.workspace(workspace), nil, "the workspace")
        }
        let developer = try ProvisioningCLI(context, "developer")
        try await context.step("a developer makes a workspace and a server, and they are there") {
            try await developer.logIn(try await context.makeUser("developer", roles: ["developer"], remover: remover))
            try await developer.expect(.done, ["workspace", "init", workspace, "--template", "kubernetes-ha"])
            let entries = try require(try await platform.workspace(workspace), "the workspace").entries
            try expectContains(entries ?? [], "infra/clusters.ncl", "what is in it")
            try await developer.expect(.forbidden, ["server", "create", server, "--environment", "production"])
            try await developer.expect(.done, ["server", "create", server, "--environment", "development"])
            let found = try require(try await platform.server(server), "the server")
            try await context.expectAddresses(
                [try require(found.address, "its address")], of: "\(server).\(try context.zone)")
        }
        try await context.step("without a second factor he deletes nothing by DELETE") {
            try await developer.expect(.forbidden, ["workspace", "delete", workspace])
            try expect(try await platform.workspace(workspace) != nil, "the workspace is there")
        }
        let work = CommandLineWork(context, developer: developer, viewer: viewer, server: server)
        try await work.publish()
        try await work.download()
        try await work.load()
        try await work.install()
        try await work.batch()
        try await context.step("what is not there, and what is wrong, is told apart from what is forbidden") {
            try await developer.expect(.notFound, ["server", "show", context.unique("nowhere")])
            try await developer.expect(.wrong, ["server", "create", "-no-name-.x"], orUsage: true)
            try await developer.expect(.wrong, ["workspace", "init", workspace, "--path", "/tmp"], orUsage: true)
        }
        try await context.step("after a logout he is nobody again") {
            try await developer.expect(.done, ["logout"])
            try await developer.expect(.notLoggedIn, ["server", "delete", server])
            try expect(try await platform.server(server) != nil, "the server is there")
        }
        try await work.remove(workspace: workspace, try await administrator(context, remover))
    }

    /// An administrator at a command line of his own, logged in with a second factor.
    private static func administrator(_ context: TestContext, _ remover: Session) async throws -> ProvisioningCLI {
        let spelling = context.profile.spellings.administrator
        let user = try await context.makeUser("typist", roles: [spelling], remover: remover)
        let code = try await context.proveSecondFactor(of: user)
        let cli = try ProvisioningCLI(context, "administrator")
        try await context.step("with a second factor the password alone opens nothing, with its code all is open") {
            try await cli.logIn(user, end: .notLoggedIn)
            try await cli.logIn(user, code: code)
        }
        return cli
    }
}
