/// What is in the files of a new workspace.
enum WorkspaceTemplate: String, Sendable, CaseIterable {
    /// As little as makes each a valid file of its kind.
    case standard = "default"
    /// The plan of a Kubernetes cluster with three nodes of the control plane, and the batch workflow that makes it.
    case kubernetesHA = "kubernetes-ha"

    /// The content of a file of the layout.
    func text(of file: String, workspace: String) -> String {
        switch (self, file) {
        case (_, ".gitignore"): "runtime/\n"
        case (_, "config/workspace.ncl"):
            """
            {
              workspace = {
                name = "\(workspace)",
                default_environment = "dev",
                environments = ["dev", "test", "prod"],
              },
            }

            """
        case (_, "config/provisioning.yaml"):
            """
            workspace: \(workspace)
            default_provider: local

            """
        case (.kubernetesHA, "infra/clusters.ncl"): Self.list(Self.cluster(workspace), "clusters")
        case (.kubernetesHA, "infra/batch-workflows.ncl"): Self.list(Self.workflow(workspace), "batch_workflows")
        case _ where file.hasSuffix("-defaults.toml"): Self.defaults(file)
        case _ where file.hasSuffix(".ncl"): "{\n  \(Self.member(file)) = [],\n}\n"
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

extension WorkspaceTemplate {
    /// A file with a list of one record.
    private static func list(_ record: [String], _ member: String) -> String {
        let lines = record.map { "      \($0)\n" }.joined()
        return "{\n  \(member) = [\n    {\n\(lines)    },\n  ],\n}\n"
    }

    /// The members of the cluster, as a submission has them.
    private static func cluster(_ workspace: String) -> [String] {
        [
            "name = \"\(workspace)\",", "cluster_type = \"kubernetes\",", "control_plane = 3,", "workers = 2,",
            "taskservs = [",
            "  \"containerd\", { taskserv = \"etcd\", on = \"control-plane\" }, \"kubernetes\", \"cilium\",", "],",
        ]
    }

    private static func workflow(_ workspace: String) -> [String] {
        let operation = ["id = \"cluster\",", "type = \"cluster_batch\","] + cluster(workspace)
        return [
            "name = \"\(workspace)\",", "version = \"1.0.0\",", "storage_backend = \"filesystem\",",
            "rollback_enabled = true,", "operations = [", "  {",
        ] + operation.map { "    \($0)" } + ["  },", "],"]
    }
}
