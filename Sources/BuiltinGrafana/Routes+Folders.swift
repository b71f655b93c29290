import BuiltinSupport
import Hummingbird

extension Grafana {
    /// Folders of dashboards.
    func folderRoutes() -> [Route] {
        [
            route("GET /api/folders", .viewer) { call, _ in
                let parent = call.query["parentUid"]
                let folders = self.state.read { $0.folders.values.filter { $0.parent == parent } }
                let page = Page(call.query, normal: 1000, most: 1000)
                return Reply.json(.array(page.of(folders.sorted { $0.title < $1.title }).map(\.short)))
            },
            route("POST /api/folders", .editor) { call, caller in try await self.createFolder(call, caller) },
            route("GET /api/folders/{uid}", .viewer) { call, caller in
                Reply.json(try self.folder { $0.uid == call["uid"] }.json(caller))
            },
            route("GET /api/folders/id/{id}", .viewer) { call, caller in
                Reply.json(try self.folder { "\($0.id)" == call["id"] }.json(caller))
            },
            route("PUT /api/folders/{uid}", .editor) { call, caller in try await self.editFolder(call, caller) },
            route("DELETE /api/folders/{uid}", .editor) { call, _ in
                let folder = try self.folder { $0.uid == call["uid"] }
                try self.state.update { state in
                    var gone: Set = [folder.uid]
                    // A folder goes with everything that is in it, at every depth.
                    while let child = state.folders.values.first(where: { folder in
                        folder.parent.map(gone.contains) ?? false && !gone.contains(folder.uid)
                    }) { gone.insert(child.uid) }
                    state.folders = state.folders.filter { !gone.contains($0.key) }
                    state.dashboards = state.dashboards.filter { !($0.value.folder.map(gone.contains) ?? false) }
                }
                return Reply.message("Folder deleted", ["title": .string(folder.title), "id": .int(folder.id)])
            },
        ]
    }

    private func folder(_ isWanted: (Folder) -> Bool) throws -> Folder {
        guard let folder = state.read({ $0.folders.values.first(where: isWanted) }) else {
            throw Refusal(404, "folder not found", code: "not-found")
        }
        return folder
    }

    private func createFolder(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        guard let title = body["title"].string, !title.isEmpty else {
            throw Refusal(400, "folder title cannot be empty")
        }
        let uid = body["uid"].string.flatMap { $0.isEmpty ? nil : $0 } ?? Self.newUID()
        let parent = body["parentUid"].string.flatMap { $0.isEmpty ? nil : $0 }
        let folder = try state.update { state in
            guard state.folders[uid] == nil else {
                throw Refusal(409, "a folder with the same uid already exists", code: "uid-exists")
            }
            if let parent, state.folders[parent] == nil { throw Refusal(400, "parent folder not found") }
            guard !state.folders.values.contains(where: { $0.parent == parent && $0.title == title }) else {
                throw Refusal(409, "a folder with the same name already exists in the current location")
            }
            let now = Clock.now()
            let folder = Folder(
                id: state.nextID(), uid: uid, title: title, parent: parent, created: now, updated: now,
                author: caller.login, editor: caller.login)
            state.folders[uid] = folder
            return folder
        }
        return Reply.json(folder.json(caller))
    }

    private func editFolder(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        let uid = try folder { $0.uid == call["uid"] }.uid
        let changed = try state.update { state in
            guard var folder = state.folders[uid] else { throw Refusal(404, "folder not found") }
            guard body["overwrite"].bool == true || body["version"].int == folder.version else {
                throw Refusal(412, "the folder has been changed by someone else", code: "version-mismatch")
            }
            folder.title = body["title"].string ?? folder.title
            folder.version += 1
            folder.updated = Clock.now()
            folder.editor = caller.login
            state.folders[uid] = folder
            return folder
        }
        return Reply.json(changed.json(caller))
    }
}

extension Folder {
    /// Where people see it.
    var path: String { "/dashboards/f/\(uid)/\(Grafana.slug(title))" }

    fileprivate var short: JSON { ["id": .int(id), "uid": .string(uid), "title": .string(title)] }

    fileprivate func json(_ caller: Grafana.Caller) -> JSON {
        let mayEdit = caller.role >= .editor
        return [
            "id": .int(id), "uid": .string(uid), "orgId": .int(Grafana.mainOrganisation), "title": .string(title),
            "url": .string(path), "hasAcl": false, "canSave": .bool(mayEdit), "canEdit": .bool(mayEdit),
            "canAdmin": .bool(caller.role >= .admin), "canDelete": .bool(mayEdit), "createdBy": .string(author),
            "created": .string(created), "updatedBy": .string(editor), "updated": .string(updated),
            "version": .int(version), "parentUid": .string(parent ?? ""),
        ]
    }

    /// The folder as a search shows it.
    var hit: JSON {
        [
            "id": .int(id), "uid": .string(uid), "title": .string(title), "uri": .string("db/\(Grafana.slug(title))"),
            "url": .string(path), "slug": "", "type": "dash-folder", "tags": [], "isStarred": false, "sortMeta": 0,
        ]
    }
}
