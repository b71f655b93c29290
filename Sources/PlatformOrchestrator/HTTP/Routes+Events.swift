import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Server-sent events: of everything, or of one task until its end; and the first again over a WebSocket.
    func addEvents(to router: Router<Context>) {
        router.get(path(paths.events)) { _, context in
            Self.stream(try await services.events.watch(for: context), first: nil) { _ in true }
        }
        router.get(path(paths.eventSocket)) { request, context in
            let events = try await services.events.watch(for: context)
            return try await WebSocket.accept(request, context, telling: events)
        }
        router.get(path(paths.taskEvents)) { _, context in
            let id = try Self.taskID(context).lowercased()
            // Watched before it is asked for, so that no change falls between.
            let events = try await services.events.watch(for: context)
            guard let task = await services.engine.task(id) else {
                throw PlatformError(.notFound, "there is no task \(id)")
            }
            return Self.stream(events, first: .task(task)) { $0.subject == id }
        }
    }

    /// An answer that goes on until the subject of `first` has ended, the caller leaves, or the server stops.
    static func stream(
        _ events: AsyncStream<PlatformEvent>, first: PlatformEvent?,
        _ isWanted: @escaping @Sendable (PlatformEvent) -> Bool
    ) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                // The caller knows that he watches before anything happens.
                try await writer.write(ByteBuffer(string: ": watching\n\n"))
                if let first { try await writer.write(try buffer(first)) }
                if first?.isLast != true {
                    for await event in events where isWanted(event) {
                        try await writer.write(try buffer(event))
                        if first != nil, event.isLast { break }
                    }
                }
                try await writer.finish(nil)
            })
    }

    private static func buffer(_ event: PlatformEvent) throws -> ByteBuffer {
        ByteBuffer(string: "event: \(event.type)\ndata: \(try event.json)\n\n")
    }
}
