import BuiltinSupport
import Hummingbird

extension Harbor {
    /// Repositories, artifacts and tags.
    func artifactRoutes() -> [Route] {
        let base = "/projects/{project}/repositories"
        let one = "\(base)/{repository}"
        let artifact = "\(one)/artifacts/{reference}"
        return [
            route("GET /repositories") { call, caller in
                let state = self.state.read { $0 }
                let found = state.repositories.values.filter { repository in
                    state.projects[repository.project].map { !caller.actions(in: $0).isEmpty } ?? false
                }
                return try ListQuery(call).answer(found.sorted { $0.name < $1.name }.map(\.json))
            },
            route("GET \(base)") { call, caller in
                let project = try self.project(call, caller)
                return try ListQuery(call).answer(self.state.read { $0.repositories(of: project).map(\.json) })
            },
            route("GET \(one)") { call, caller in Reply.json(try self.repository(call, caller).1.json) },
            route("PUT \(one)") { call, caller in
                let (project, repository) = try self.repository(call, caller)
                try self.require("push", caller, in: project)
                let text = try await call.json()["description"].string ?? ""
                try self.state.update { $0.repositories[repository.name]?.description = text }
                return Reply.empty(200)
            },
            route("DELETE \(one)") { call, caller in
                let (project, repository) = try self.repository(call, caller)
                try self.require("delete", caller, in: project)
                for digest in repository.artifacts.keys { try await self.deleteContent(repository.name, digest) }
                try self.state.update { $0.repositories[repository.name] = nil }
                try self.audit.note("delete", "repository", repository.name, by: caller.name, in: project.id)
                return Reply.empty(200)
            },
            route("GET \(one)/artifacts") { call, caller in
                let (_, repository) = try self.repository(call, caller)
                let withTags = call.query.flag("with_tag") ?? true
                let found = repository.artifacts.values.sorted { ($0.pushed, $0.id) > ($1.pushed, $1.id) }
                return try ListQuery(call).answer(found.map { $0.json(repository, withTags: withTags) })
            },
            route("GET \(artifact)") { call, caller in
                let (_, repository, artifact) = try self.artifact(call, caller)
                return Reply.json(artifact.json(repository, withTags: call.query.flag("with_tag") ?? true))
            },
            route("DELETE \(artifact)") { call, caller in
                let (project, repository, artifact) = try self.artifact(call, caller)
                try self.require("delete", caller, in: project)
                try await self.deleteContent(repository.name, artifact.digest)
                try self.state.update { $0.repositories[repository.name]?.artifacts[artifact.digest] = nil }
                let resource = "\(repository.name)@\(artifact.digest)"
                try self.audit.note("delete", "artifact", resource, by: caller.name, in: project.id)
                return Reply.empty(200)
            },
            route("GET \(artifact)/tags") { call, caller in
                let (_, repository, artifact) = try self.artifact(call, caller)
                return try ListQuery(call).answer(artifact.tags.map { $0.json(repository, artifact) })
            },
            route("POST \(artifact)/tags") { call, caller in try await self.createTag(call, caller) },
            route("DELETE \(artifact)/tags/{tag}") { call, caller in
                let (project, repository, artifact) = try self.artifact(call, caller)
                try self.require("delete", caller, in: project)
                guard artifact.tags.contains(where: { $0.name == call["tag"] }) else { throw Self.notFound("tag") }
                try self.state.update { state in
                    state.repositories[repository.name]?.artifacts[artifact.digest]?.tags
                        .removeAll { $0.name == call["tag"] }
                }
                let resource = "\(repository.name):\(call["tag"])"
                try self.audit.note("delete", "tag", resource, by: caller.name, in: project.id)
                return Reply.empty(200)
            },
        ]
    }

    private func artifact(_ call: Call, _ caller: Caller) throws -> (Project, Repository, Artifact) {
        let (project, repository) = try repository(call, caller)
        guard let artifact = repository.artifact(call["reference"]) else {
            throw Self.notFound("artifact \(repository.name):\(call["reference"])")
        }
        return (project, repository, artifact)
    }

    private func createTag(_ call: Call, _ caller: Caller) async throws -> Response {
        let (project, repository, artifact) = try artifact(call, caller)
        try require("push", caller, in: project)
        guard let name = try await call.json()["name"].string, Self.isTag(name) else {
            throw Self.bad("invalid tag name")
        }
        try state.update { state in
            guard state.repositories[repository.name]?.artifact(name) == nil else {
                throw Refusal(409, "tag \(name) already exists", code: "CONFLICT")
            }
            let tag = Tag(id: state.nextID(), name: name, pushed: Clock.precise())
            state.repositories[repository.name]?.artifacts[artifact.digest]?.tags.append(tag)
        }
        try audit.note("create", "tag", "\(repository.name):\(name)", by: caller.name, in: project.id)
        return Reply.empty(201, headers: ["Location": "\(call.request.uri.path)/\(name)"])
    }

    /// Whether the text is a tag as OCI allows it.
    static func isTag(_ name: String) -> Bool {
        let plain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "._-".utf8.contains(byte)
            }
        }
        return plain && (1...128).contains(name.utf8.count) && name.first != "." && name.first != "-"
    }

    /// Takes a manifest out of the registry; one that is not there is gone as well.
    private func deleteContent(_ name: String, _ digest: String) async throws {
        let answer = try await Upstream.get("\(settings.registry)/v2/\(name)/manifests/\(digest)", method: "DELETE")
        guard answer.status == 202 || answer.status == 404 else {
            throw Refusal(500, "the registry does not delete \(name)@\(digest): status \(answer.status)")
        }
    }
}

extension Repository {
    fileprivate var json: JSON {
        [
            "id": .int(id), "project_id": .int(project), "name": .string(name), "description": .string(description),
            "artifact_count": .int(artifacts.count), "pull_count": .int(pulls), "creation_time": .string(created),
            "update_time": .string(updated),
        ]
    }
}

extension Artifact {
    fileprivate func json(_ repository: Repository, withTags: Bool) -> JSON {
        let isImage = configMediaType.contains("image.config") || configMediaType.contains("container.image")
        let isChart = configMediaType.contains("helm.config")
        let isIndex = !children.isEmpty
        return [
            "id": .int(id), "type": isImage || isIndex ? "IMAGE" : isChart ? "CHART" : "UNKNOWN",
            "digest": .string(digest), "media_type": .string(configMediaType),
            "manifest_media_type": .string(manifestMediaType), "artifact_type": .string(artifactType),
            "project_id": .int(repository.project), "repository_id": .int(repository.id),
            "repository_name": .string(repository.name), "size": .int(size), "icon": "", "push_time": .string(pushed),
            "pull_time": .string(pulled ?? "0001-01-01T00:00:00.000Z"),
            "tags": withTags && !tags.isEmpty ? .array(tags.map { $0.json(repository, self) }) : .null,
            "annotations": annotations.isEmpty ? .null : .object(annotations.mapValues { .string($0) }),
            "references": isIndex
                ? .array(children.map { ["parent_id": .int(id), "child_digest": .string($0)] }) : .null,
            "labels": .null, "extra_attrs": [:], "addition_links": [:], "accessories": .null,
        ]
    }
}

extension Tag {
    fileprivate func json(_ repository: Repository, _ artifact: Artifact) -> JSON {
        [
            "id": .int(id), "repository_id": .int(repository.id), "artifact_id": .int(artifact.id),
            "name": .string(name), "push_time": .string(pushed),
            "pull_time": .string(pulled ?? "0001-01-01T00:00:00.000Z"), "immutable": false,
        ]
    }
}
