/// What a test wants done to a service of its own environment: one JSON line into the pipe of the environment's orders.
public struct ServiceOrder: Hashable, Sendable, Codable {
    /// The property of `environment` in the endpoints that has the pipe's path.
    public static let property = "orders"
    /// The content of the answer when it was done; anything else is why not.
    public static let done = "done"

    /// The service: it is killed and started again on its port.
    public var service: String
    /// Whether what it kept on its disk is removed between the two.
    public var losesData: Bool
    /// The file that the answer is written to.
    public var answer: String

    /// Describes an order.
    public init(service: String, losesData: Bool, answer: String) {
        self.service = service
        self.losesData = losesData
        self.answer = answer
    }
}
