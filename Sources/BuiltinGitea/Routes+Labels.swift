import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Labels and milestones.
    func labelRoutes() -> [Route] {
        [
            repository("GET /labels", .read, .issue) { found in
                let shapes = self.shapes(found.call)
                let labels = found.ledger.read { $0.labels.values.sorted { $0.name < $1.name } }
                return Page(found.call.query).answer(labels, found.call) { shapes.label($0, found.repository) }
            },
            repository("POST /labels", .write, .issue) { found in
                let body = try await found.call.json()
                guard let name = body["name"].string, !name.isEmpty else { throw Refusal(422, "[Name]: Required") }
                let color = try Self.color(body["color"].string)
                let label = try found.ledger.update { ledger in
                    let label = Label(
                        id: ledger.nextID(), name: name, color: color, description: body["description"].string ?? "",
                        isExclusive: body["exclusive"].bool ?? false)
                    ledger.labels[label.id] = label
                    return label
                }
                return Reply.json(self.shapes(found.call).label(label, found.repository), status: 201)
            },
            repository("GET /labels/{id}", .read, .issue) { found in
                let label = try Self.label(found.ledger.read { $0 }, found)
                return Reply.json(self.shapes(found.call).label(label, found.repository))
            },
            repository("PATCH /labels/{id}", .write, .issue) { found in
                let body = try await found.call.json()
                let color = try body["color"].string.map { try Self.color($0) }
                let label = try found.ledger.update { ledger in
                    var label = try Self.label(ledger, found)
                    label.name = body["name"].string ?? label.name
                    label.color = color ?? label.color
                    label.description = body["description"].string ?? label.description
                    label.isExclusive = body["exclusive"].bool ?? label.isExclusive
                    ledger.labels[label.id] = label
                    return label
                }
                return Reply.json(self.shapes(found.call).label(label, found.repository))
            },
            repository("DELETE /labels/{id}", .write, .issue) { found in
                try found.ledger.update { ledger in
                    let label = try Self.label(ledger, found)
                    ledger.labels[label.id] = nil
                    for number in ledger.issues.keys { ledger.issues[number]?.labels.removeAll { $0 == label.id } }
                }
                return Reply.empty()
            },
        ] + milestoneRoutes()
    }

    private static func label(_ ledger: Ledger, _ found: RepositoryCall) throws -> Label {
        guard let id = Int(found.call["id"]), let label = ledger.labels[id] else {
            throw Refusal(404, "label does not exist [label_id: \(found.call["id"])]")
        }
        return label
    }

    /// A colour without its `#`. Throws a refusal for what is none.
    private static func color(_ text: String?) throws -> String {
        let digits = (text ?? "").drop { $0 == "#" }.lowercased()
        guard digits.count == 6, digits.allSatisfy(\.isHexDigit) else {
            throw Refusal(422, "[Color]: bad color code: \(text ?? "")")
        }
        return digits
    }

    private func milestoneRoutes() -> [Route] {
        [
            repository("GET /milestones", .read, .issue) { found in
                let state = found.call.query["state"] ?? "open"
                let ledger = found.ledger.read { $0 }
                let shapes = self.shapes(found.call)
                let milestones = ledger.milestones.values.filter {
                    state == "all" || ($0.closed == nil) == (state != "closed")
                }
                return Page(found.call.query).answer(milestones.sorted { $0.id < $1.id }, found.call) {
                    shapes.milestone($0, ledger)
                }
            },
            repository("POST /milestones", .write, .issue) { found in
                let body = try await found.call.json()
                guard let title = body["title"].string, !title.isEmpty else { throw Refusal(422, "[Title]: Required") }
                let milestone = try found.ledger.update { ledger in
                    let now = Clock.now()
                    let milestone = Milestone(
                        id: ledger.nextID(), title: title, description: body["description"].string ?? "",
                        due: body["due_on"].string, created: now, updated: now)
                    ledger.milestones[milestone.id] = milestone
                    return milestone
                }
                return self.answer(milestone, found, status: 201)
            },
            repository("GET /milestones/{id}", .read, .issue) { found in
                self.answer(try Self.milestone(found.ledger.read { $0 }, found), found, status: 200)
            },
            repository("PATCH /milestones/{id}", .write, .issue) { found in
                let body = try await found.call.json()
                let milestone = try found.ledger.update { ledger in
                    var milestone = try Self.milestone(ledger, found)
                    milestone.title = body["title"].string ?? milestone.title
                    milestone.description = body["description"].string ?? milestone.description
                    milestone.due = body["due_on"].string ?? milestone.due
                    milestone.updated = Clock.now()
                    if body["state"].string == "closed" { milestone.closed = milestone.closed ?? milestone.updated }
                    if body["state"].string == "open" { milestone.closed = nil }
                    ledger.milestones[milestone.id] = milestone
                    return milestone
                }
                return self.answer(milestone, found, status: 200)
            },
            repository("DELETE /milestones/{id}", .write, .issue) { found in
                try found.ledger.update { ledger in
                    let milestone = try Self.milestone(ledger, found)
                    ledger.milestones[milestone.id] = nil
                    for number in ledger.issues.keys where ledger.issues[number]?.milestone == milestone.id {
                        ledger.issues[number]?.milestone = nil
                    }
                }
                return Reply.empty()
            },
        ]
    }

    private static func milestone(_ ledger: Ledger, _ found: RepositoryCall) throws -> Milestone {
        let name = found.call["id"]
        let milestone =
            Int(name).flatMap { ledger.milestones[$0] } ?? ledger.milestones.values.first { $0.title == name }
        guard let milestone else { throw Refusal(404, "milestone does not exist [id: \(name)]") }
        return milestone
    }

    private func answer(_ milestone: Milestone, _ found: RepositoryCall, status: Int) -> Response {
        Reply.json(shapes(found.call).milestone(milestone, found.ledger.read { $0 }), status: status)
    }
}
