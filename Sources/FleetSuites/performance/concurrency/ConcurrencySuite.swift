import FleetTestKit

extension Catalogue {
    /// `performance/concurrency`: what several clients at once get.
    static let concurrency: [DeclaredTest] = [
        Concurrency.serverCreations(10),
        Concurrency.recordRegistrations(20),
        Concurrency.workflowSubmissions(5),
        Concurrency.throughput(rounds: 3),
        Concurrency.latency(200),
        Concurrency.contention(10),
    ]
}

/// The tests of `performance/concurrency`. Each says in a tag which fault knob of the platform turns it red.
///
/// They are made by functions of their size, so that the proof with the knob can be smaller than the test.
enum Concurrency {}
