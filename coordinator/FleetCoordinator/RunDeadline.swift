/// When a run has to end: so many seconds after its begin, whoever conducts it then.
struct RunDeadline: Hashable, Sendable {
    /// How long the run may take, in seconds.
    let limit: Double
    private let end: Double

    /// - Parameters:
    ///   - elapsed: how many seconds ago the run began, those in which nobody conducted it included.
    ///   - now: seconds of the clock that `left(now:)` is asked by.
    init(limit: Double, elapsed: Double, now: Double) {
        self.limit = limit
        end = now + limit - elapsed
    }

    /// The seconds that are left; 0 or less when it has passed.
    func left(now: Double) -> Double { end - now }
}
