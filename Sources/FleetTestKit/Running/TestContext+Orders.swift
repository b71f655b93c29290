import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension TestContext {
    /// Has a service of the environment killed (SIGKILL) and started again, with its data and on its port.
    ///
    /// For tests with an environment of their own. Returns when the service is ready again.
    ///
    /// - Returns: false when the environment cannot do that: one that somebody else runs.
    /// - Throws: `AssertionFailure` when the service did not come back.
    public func kill(_ service: String, within limit: Duration = .seconds(40)) async throws -> Bool {
        try await order(ServiceOrder(service: service, losesData: false, answer: ""), within: limit)
    }

    /// The same, and between its end and its new start everything is lost that the service kept on its disk.
    public func loseData(of service: String, within limit: Duration = .seconds(40)) async throws -> Bool {
        try await order(ServiceOrder(service: service, losesData: true, answer: ""), within: limit)
    }

    private func order(_ order: ServiceOrder, within limit: Duration) async throws -> Bool {
        guard let path = invocation.endpoints["environment", ServiceOrder.property] else { return false }
        var order = order
        order.answer = "\(scratch)/order-\(UInt64.random(in: 0 ... .max))"
        // Without a reader the environment is going down, and nobody would ever answer.
        let pipe = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard pipe >= 0 else { throw SystemCallError(call: "open", subject: path) }
        defer { close(pipe) }
        log.info("order", ["service": order.service, "loses": "\(order.losesData)"])
        try LineWriter.write(try JSONEncoder().encode(order), to: pipe)
        let file = order.answer
        let words = try await eventually("\(order.service) is back", within: limit) {
            String(decoding: try AtomicFile.read(file), as: UTF8.self)
        }
        try expectEqual(words, ServiceOrder.done, "what the environment says of \(order.service)")
        return true
    }
}
