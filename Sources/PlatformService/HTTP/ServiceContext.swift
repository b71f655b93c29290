public import Hummingbird
public import NIOCore

/// What a service of the platform knows of a request beside the request itself.
public struct ServiceContext: RequestContext, RemoteAddressRequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// The connection.
    public let channel: any Channel
    /// Where the request comes from; nil when its connection has none.
    public let remoteAddress: SocketAddress?
    /// Who asks, once the security chain knows.
    public var principal: Principal?
    /// What the policy was asked about the request as it came: a route that finds out more asks it again. Nil where nobody
    /// is asked.
    public internal(set) var question: AccessRequest?

    /// The context of a request of that source.
    public init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
        remoteAddress = channel.remoteAddress
    }

    /// Calls the closure when the client has gone, or sends nothing more; at once where that is so already. An answer without
    /// an end of its own asks for it, once.
    public func whenClientLeaves(_ body: @escaping @Sendable () -> Void) async throws {
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.handler(type: ConnectionEnd.self).notify(body)
        }.get()
    }

    /// Who asks. Throws `.unauthorised` where nothing has found out.
    public func caller() throws -> Principal {
        guard let principal else { throw PlatformError(.unauthorised, "nobody knows who asks") }
        return principal
    }
}
