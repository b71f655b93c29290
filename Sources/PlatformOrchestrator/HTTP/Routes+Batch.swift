import Hummingbird
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Routes {
    private var batchPaths: BatchPaths { InterfaceProfile.standard.batchPaths }

    /// Batch workflows.
    func addBatches(to router: Router<Context>) {
        router.post(path(batchPaths.execute)) { request, context in
            let definition = try await body(BatchSubmission.self, request, context).reader.definition()
            for work in definition.works where !work.isCreation {
                try services.guard.check(work.things, context, action: work.action)
            }
            for work in definition.works where work.isCreation { try await claim(work, context) }
            return try Answer.data(BatchView(try await services.batches.submit(definition)))
        }
        router.get(path(batchPaths.batches)) { request, _ in
            let page = try Page(request)
            let status = try request.uri.queryParameters["status"].map { try Self.status(String($0)) }
            let found = await services.batches.all.filter { status == nil || $0.status == status }
            return try Answer.data(found.dropFirst(page.offset).prefix(page.limit).map { BatchView($0) })
        }
        router.get(path(batchPaths.stats)) { _, _ in try Answer.data(BatchStatistics(await services.batches.all)) }
        router.get(path(batchPaths.batch)) { request, context in try await watch(request, try await batch(context)) }
        router.get(path(batchPaths.checkpoints)) { _, context in
            try Answer.data(try await batch(context).checkpoints.map { CheckpointView($0) })
        }
        router.get(path(batchPaths.events)) { _, context in
            // Watched before it is asked for, so that no change falls between.
            let events = try await services.events.watch(for: context)
            let record = try await batch(context)
            return Self.stream(events, first: .batch(record)) { $0.subject == record.id }
        }
        router.post(path(batchPaths.cancel)) { _, context in try await ask(.cancel, context) }
        router.post(path(batchPaths.resume)) { _, context in try await ask(.resume, context) }
        router.post(path(batchPaths.rollback)) { request, context in
            let wanted = try await optionalBody(RollbackRequest.self, request, context)
            return try await ask(.rollback(checkpoint: wanted?.checkpoint), context)
        }
    }

    private func ask(_ event: BatchStateMachine.Event, _ context: Context) async throws -> Response {
        let record = try await batch(context)
        try services.guard.check(record.definition.works.flatMap(\.things), context)
        return try Answer.data(BatchView(try await services.batches.ask(event, of: record.id)))
    }

    private func batch(_ context: Context) async throws -> BatchRecord {
        let id = try Self.taskID(context).lowercased()
        guard let found = await services.batches.batch(id) else {
            throw PlatformError(.notFound, "there is no batch \(id)")
        }
        return found
    }

    /// The batch as it is, or when the caller knows it already, as soon as it has changed.
    private func watch(_ request: Request, _ record: BatchRecord) async throws -> Response {
        guard let text = request.uri.queryParameters["since"] else { return try Answer.data(BatchView(record)) }
        guard let since = Int(text) else { throw PlatformError(.invalid, "since: \"\(text)\" is no revision") }
        let wait = request.uri.queryParameters["wait"].map(String.init) ?? "30"
        guard let seconds = Double(wait), (0...60).contains(seconds) else {
            throw PlatformError(.invalid, "wait: \"\(wait)\" is no number of seconds up to 60")
        }
        let events = services.events.watch()
        let newest = await services.batches.batch(record.id) ?? record
        if newest.revision > since { return try Answer.data(BatchView(newest)) }
        let changed = try? await withDeadline(seconds: seconds) {
            for await case .batch(let change) in events where change.id == record.id && change.revision > since {
                return change
            }
            return newest
        }
        return try Answer.data(BatchView(changed ?? newest))
    }

    private static func status(_ text: String) throws -> BatchStatus {
        guard let found = BatchStatus.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            let known = BatchStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "status: \"\(text)\" is none of \(known)")
        }
        return found
    }
}

/// The request for a batch: the definition, as an object or as the text of one.
private struct BatchSubmission: Decodable, Sendable {
    let reader: BatchReader

    enum CodingKeys: String, CodingKey { case workflow }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try? container.decode(String.self, forKey: .workflow) {
            do { reader = try JSONDecoder().decode(BatchReader.self, from: Data(text.utf8)) } catch let error
                as DecodingError
            {
                throw PlatformError(.invalid, "workflow: \(Answer.words(of: error))")
            }
        } else {
            reader = try container.decode(BatchReader.self, forKey: .workflow)
        }
    }
}

private struct RollbackRequest: Decodable, Sendable { let checkpoint: Int? }
