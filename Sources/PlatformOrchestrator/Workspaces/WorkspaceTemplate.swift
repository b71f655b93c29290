/// What is in the files of a new workspace: as little as makes each a valid file of its kind.
enum WorkspaceTemplate {
    /// The content of a file of the layout.
    static func text(of file: String, workspace: String) -> String {
        switch file {
        case ".gitignore": "runtime/\n"
        case "config/workspace.ncl":
            """
            {
              workspace = {
                name = "\(workspace)",
                default_environment = "dev",
                environments = ["dev", "test", "prod"],
              },
            }

            """
        case "config/provisioning.yaml":
            """
            workspace: \(workspace)
            default_provider: local

            """
        case _ where file.hasSuffix("-defaults.toml"): defaults(file)
        case _ where file.hasSuffix(".ncl"): "{\n  \(member(file)) = [],\n}\n"
        default: ""
        }
    }

    /// `config/dev-defaults.toml` is of the environment `dev`.
    private static func defaults(_ file: String) -> String {
        let environment = file.split(separator: "/").last.map { $0.dropLast("-defaults.toml".count) } ?? ""
        return "environment = \"\(environment)\"\nprovider = \"local\"\n"
    }

    /// `infra/batch-workflows.ncl` holds `batch_workflows`.
    private static func member(_ file: String) -> String {
        let name = file.split(separator: "/").last.map { $0.dropLast(".ncl".count) } ?? ""
        return String(name.map { $0 == "-" ? "_" : $0 })
    }
}
