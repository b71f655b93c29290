import FleetModel
import FleetSystem
import NIOPosix

/// Before and after the process of one attempt: its private directories, its judgement, its artifacts.
struct AttemptRun: Sendable {
    /// What came of the process.
    enum Report: Sendable {
        case worker(WorkerReport)
        /// The worker died; what it left behind could not all be killed.
        case lost(String, [String])

        /// Whether nothing runs any more that belonged to the attempt.
        var isOver: Bool {
            if case .worker(let report) = self { report.leftovers.isEmpty } else { false }
        }
    }

    let setup: LaneRunner.Setup
    let order: Order
    let holder: (any EnvironmentHolder)?
    let spares: SparePlaces

    /// What tells this attempt from all others on the host.
    var label: String { "\(setup.layout.name)/\(order.attempt)" }

    private var place: AttemptPlace { AttemptPlace(root: "\(setup.layout.attempts)/\(order.attempt)") }

    /// Makes the directories and says what to start.
    func prepare() async throws -> WorkerRequest {
        var pack: String?
        if case .command(let command) = order.test.kind, let digest = command.pack {
            pack = try await setup.packs.directory(of: digest)
        }
        let source = pack
        let root = place.root
        let credentials = holder?.credentials
        let spares = spares
        let place = try await NIOThreadPool.singleton.runIfActive {
            try AttemptPlace.make(at: root, pack: source, credentials: credentials, spares: spares)
        }
        var request = try AttemptRequest(
            order: order, place: place, label: label, session: setup.layout.session, agent: setup.agent,
            path: setup.path, endpoints: holder?.endpoints ?? Endpoints(), credentials: credentials
        ).request()
        request.niceness = setup.niceness
        return request
    }

    /// Judges the process and keeps what it left.
    func conclude(_ report: Report, logs: (@Sendable () -> [ServiceLog])?) async -> AttemptResult {
        var result: AttemptResult
        switch report {
        case .worker(let report): result = Judgement(report: report, test: order.test).result
        case .lost(let message, let left):
            let text = left.isEmpty ? message : "\(message); could not be killed: \(left.joined(separator: ", "))"
            result = .notRun(.host, text)
        }
        let collection = await collect()
        result.artifacts = collection.artifacts
        if let more = collection.message {
            result.message = [result.message, more].compactMap(\.self).joined(separator: "; ")
        }
        if !result.outcome.isFine, let logs {
            result.serviceLogs = logs().filter { !$0.text.isEmpty }
        }
        return Redaction(holder?.credentials ?? [:]).applied(to: result)
    }

    /// Removes the private directories; returns what could not be removed.
    ///
    /// - Parameter mayBeSpared: whether nothing of the attempt is left that could still use them.
    func remove(mayBeSpared: Bool = false) async -> [String] {
        let place = place
        let spares = mayBeSpared ? spares : nil
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                spares?.keep(place) == true ? [] : place.remove()
            }
        } catch {
            // The pool has ended with the program.
            return place.remove()
        }
    }

    private func collect() async -> ArtifactCollector.Collection {
        let (source, patterns) =
            switch order.test.kind {
            case .builtin: (place.artifacts, ["**"])
            case .command(let command): (place.work, command.artifacts)
            }
        guard !patterns.isEmpty else { return ArtifactCollector.Collection() }
        var collector = ArtifactCollector(patterns: patterns.compactMap { PathPattern($0) })
        collector.limits.attempt = min(collector.limits.attempt, setup.artifactRoom.withLock { $0 })
        let target = "\(setup.layout.artifacts)/\(order.attempt)"
        do {
            let bounded = collector
            let collection = try await NIOThreadPool.singleton.runIfActive {
                try bounded.collect(from: source, to: target)
            }
            let size = collection.artifacts.reduce(0) { $0 + $1.size }
            setup.artifactRoom.withLock { $0 = max(0, $0 - size) }
            return collection
        } catch {
            return ArtifactCollector.Collection(leftOut: ["all (\(error))"])
        }
    }
}
