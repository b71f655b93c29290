import BuiltinSupport
import Hummingbird

extension Grafana {
    /// Dashboards and their versions.
    func dashboardRoutes() -> [Route] {
        [
            route("POST /api/dashboards/db", .editor) { call, caller in try await self.saveDashboard(call, caller) },
            route("GET /api/dashboards/uid/{uid}", .viewer) { call, caller in
                try self.answer(try self.dashboard(call), caller)
            },
            route("DELETE /api/dashboards/uid/{uid}", .editor) { call, _ in
                let dashboard = try self.dashboard(call)
                try self.state.update { $0.dashboards[dashboard.uid] = nil }
                return Reply.message(
                    "Dashboard \(dashboard.title) deleted",
                    ["title": .string(dashboard.title), "id": .int(dashboard.id)])
            },
            route("GET /api/dashboards/uid/{uid}/versions", .editor) { call, _ in
                let dashboard = try self.dashboard(call)
                let versions = dashboard.versions.reversed().map { $0.json(dashboard, withModel: false) }
                return Reply.json(["versions": .array(versions), "continueToken": ""])
            },
            route("GET /api/dashboards/uid/{uid}/versions/{version}", .editor) { call, _ in
                let dashboard = try self.dashboard(call)
                return Reply.json(try Self.version(call["version"], of: dashboard).json(dashboard, withModel: true))
            },
            route("POST /api/dashboards/uid/{uid}/restore", .editor) { call, caller in
                let number = try await call.json()["version"].int ?? 0
                let dashboard = try self.dashboard(call)
                let version = try Self.version("\(number)", of: dashboard)
                let order = SaveOrder(
                    model: version.model, folder: dashboard.folder, message: "Restored from version \(number)",
                    overwrites: true)
                return Reply.json(try self.save(order, by: caller.login))
            },
            route("GET /api/dashboards/tags", .viewer) { _, _ in
                let tags = self.state.read { $0.dashboards.values.flatMap { $0.model["tags"].strings } }
                let counts = Dictionary(grouping: tags) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
                return Reply.json(.array(counts.map { ["term": .string($0.key), "count": .int($0.value)] }))
            },
            route("GET /api/search", .viewer) { call, _ in self.search(call) },
        ]
    }

    /// What is to be saved as a dashboard.
    private struct SaveOrder {
        let model: JSON
        let folder: String?
        let message: String
        let overwrites: Bool
    }

    private static let mismatch = Refusal(
        412, "The dashboard has been changed by someone else", code: "version-mismatch")

    private func dashboard(_ call: Call) throws -> Dashboard {
        guard let dashboard = state.read({ $0.dashboards[call["uid"]] }) else {
            throw Refusal(404, "Dashboard not found")
        }
        return dashboard
    }

    private static func version(_ number: String, of dashboard: Dashboard) throws -> Dashboard.Version {
        guard let version = dashboard.versions.first(where: { "\($0.number)" == number }) else {
            throw Refusal(404, "Dashboard version not found")
        }
        return version
    }

    private func saveDashboard(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        guard body["dashboard"].members != nil else { throw Refusal(400, "bad request data: dashboard is missing") }
        let order = SaveOrder(
            model: body["dashboard"], folder: body["folderUid"].string.flatMap { $0.isEmpty ? nil : $0 },
            message: body["message"].string ?? "", overwrites: body["overwrite"].bool ?? false)
        return Reply.json(try save(order, by: caller.login))
    }

    private func save(_ order: SaveOrder, by login: String) throws -> JSON {
        guard let title = order.model["title"].string, !title.isEmpty else {
            throw Refusal(400, "Dashboard title cannot be empty", code: "empty-name")
        }
        let uid = order.model["uid"].string.flatMap { $0.isEmpty ? nil : $0 } ?? Self.newUID()
        guard uid.utf8.count <= 40, !uid.contains("/") else {
            throw Refusal(400, "uid contains illegal characters or is longer than 40")
        }
        let dashboard = try state.update { state in
            if let folder = order.folder, state.folders[folder] == nil { throw Refusal(400, "folder not found") }
            let id = order.model["id"].int
            let old = state.dashboards[uid] ?? state.dashboards.values.first { $0.id == id }
            if let id, id > 0, old == nil { throw Refusal(404, "Dashboard not found", code: "not-found") }
            if let old, !order.overwrites, order.model["version"].int != old.version { throw Self.mismatch }
            let isTaken = state.dashboards.values.contains {
                $0.uid != old?.uid && $0.folder == order.folder && $0.title.lowercased() == title.lowercased()
            }
            guard !isTaken else {
                throw Refusal(
                    412, "A dashboard with the same name in the folder already exists", code: "name-exists")
            }
            var dashboard = old ?? Dashboard(id: state.nextID(), uid: uid, folder: nil, versions: [])
            var model = order.model
            model["id"] = .int(dashboard.id)
            model["uid"] = .string(dashboard.uid)
            model["version"] = .int(dashboard.version + 1)
            dashboard.folder = order.folder
            dashboard.versions.append(
                Dashboard.Version(
                    number: dashboard.version + 1, model: model, message: order.message, author: login,
                    created: Clock.now()))
            // The original keeps twenty, too.
            dashboard.versions = dashboard.versions.suffix(20)
            state.dashboards[dashboard.uid] = dashboard
            return dashboard
        }
        return [
            "id": .int(dashboard.id), "uid": .string(dashboard.uid), "url": .string(dashboard.path),
            "status": "success", "version": .int(dashboard.version), "slug": .string(Self.slug(title)),
            "folderUid": .string(dashboard.folder ?? ""),
        ]
    }

    /// A title as a part of a path.
    static func slug(_ title: String) -> String {
        title.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    private func answer(_ dashboard: Dashboard, _ caller: Caller) throws -> Response {
        let folder = dashboard.folder.flatMap { uid in state.read { $0.folders[uid] } }
        let mayEdit = caller.role >= .editor
        let meta: JSON = [
            "type": "db", "canSave": .bool(mayEdit), "canEdit": .bool(mayEdit),
            "canAdmin": .bool(caller.role >= .admin), "canStar": .bool(caller.user != nil),
            "canDelete": .bool(mayEdit), "slug": .string(Self.slug(dashboard.title)), "url": .string(dashboard.path),
            "expires": "0001-01-01T00:00:00Z", "created": .text(dashboard.versions.first?.created),
            "updated": .text(dashboard.versions.last?.created), "updatedBy": .text(dashboard.versions.last?.author),
            "createdBy": .text(dashboard.versions.first?.author), "version": .int(dashboard.version),
            "hasAcl": false, "isFolder": false, "folderId": .int(folder?.id ?? 0),
            "folderUid": .string(folder?.uid ?? ""), "folderTitle": .string(folder?.title ?? "General"),
            "folderUrl": .string(folder?.path ?? ""), "provisioned": false, "provisionedExternalId": "",
        ]
        return Reply.json(["meta": meta, "dashboard": dashboard.model])
    }

    private func search(_ call: Call) -> Response {
        let query = call.query
        let text = (query["query"] ?? "").lowercased()
        let tags = Set(query.all("tag"))
        let folders = Set(query.all("folderUIDs") + query.all("folderUids"))
        let uids = Set(query.all("dashboardUIDs") + query.all("dashboardUids"))
        let state = state.read { $0 }
        var found: [(title: String, json: JSON)] = []
        if query["type"] != "dash-db", tags.isEmpty, uids.isEmpty {
            for folder in state.folders.values where folders.isEmpty || folders.contains(folder.parent ?? "general") {
                found.append((folder.title, folder.hit))
            }
        }
        if query["type"] != "dash-folder" {
            for dashboard in state.dashboards.values {
                guard tags.isSubset(of: dashboard.model["tags"].strings), uids.isEmpty || uids.contains(dashboard.uid),
                    folders.isEmpty || folders.contains(dashboard.folder ?? "general")
                else { continue }
                found.append((dashboard.title, dashboard.hit(dashboard.folder.flatMap { state.folders[$0] })))
            }
        }
        let hits = found.filter { text.isEmpty || $0.title.lowercased().contains(text) }
            .sorted { $0.title.lowercased() < $1.title.lowercased() }.map { $0.json }
        return Reply.json(.array(Array(Page(query, normal: 1000, most: 5000).of(hits))))
    }
}

extension Dashboard {
    /// Where people see it.
    var path: String { "/d/\(uid)/\(Grafana.slug(title))" }

    /// The dashboard as a search shows it.
    fileprivate func hit(_ folder: Folder?) -> JSON {
        var result: JSON = [
            "id": .int(id), "uid": .string(uid), "title": .string(title), "uri": .string("db/\(Grafana.slug(title))"),
            "url": .string(path), "slug": "", "type": "dash-db", "tags": .strings(model["tags"].strings),
            "isStarred": false, "sortMeta": 0,
        ]
        if let folder {
            result["folderId"] = .int(folder.id)
            result["folderUid"] = .string(folder.uid)
            result["folderTitle"] = .string(folder.title)
            result["folderUrl"] = .string(folder.path)
        }
        return result
    }
}

extension Dashboard.Version {
    fileprivate func json(_ dashboard: Dashboard, withModel: Bool) -> JSON {
        var result: JSON = [
            "id": .int(number), "dashboardId": .int(dashboard.id), "uid": .string(dashboard.uid),
            "parentVersion": .int(number - 1), "restoredFrom": 0, "version": .int(number), "created": .string(created),
            "createdBy": .string(author), "message": .string(message),
        ]
        if withModel { result["data"] = model }
        return result
    }
}
