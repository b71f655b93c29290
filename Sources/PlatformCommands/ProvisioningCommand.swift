public import ArgumentParser

/// The command line of the reference platform: `platform provisioning …`, or the same program under the name `provisioning`.
public struct ProvisioningCommand: AsyncParsableCommand {
    /// Names and help.
    public static let configuration = CommandConfiguration(
        commandName: "provisioning", abstract: "Work with the provisioning platform.",
        discussion: """
            Services are found by option, by the environment (PROVISIONING_ORCHESTRATOR_URL, PROVISIONING_CONTROL_CENTER_URL, \
            PROVISIONING_EXTENSION_REGISTRY_URL, PROVISIONING_OCI_REGISTRY_URL), by the configuration file, or at their \
            documented ports on this machine.

            Exit status: 0 done; 1 it went wrong; 64 usage; 65 what was sent or a file is wrong; 66 there is no such thing; 67 \
            nobody is logged in; 69 a service does not answer; 73 its state does not allow it; 75 too many requests; 77 \
            whoever is logged in may not do this; 78 the configuration is wrong.
            """,
        subcommands: [
            WorkspaceCommand.self, ServerCommand.self, TaskservCommand.self, BatchCommand.self, ExtensionCommand.self,
            OCICommand.self, OCIRegistryCommand.self, LoginCommand.self, LogoutCommand.self, WhoamiCommand.self,
        ])

    /// The command, before it has read its arguments.
    public init() {}
}
