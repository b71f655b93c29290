import FleetTestKit

extension Catalogue {
    /// `performance/scalability`: what much of everything does to the platform.
    static let scalability: [DeclaredTest] = [
        Scalability.servers(100),
        Scalability.taskservs(servers: 10, each: 10),
        Scalability.records(100),
        Scalability.artifacts(repositories: 10, versions: 100),
        Scalability.degradation(300),
        Scalability.resources(rounds: 3, servers: 5),
    ]
}

/// The tests of `performance/scalability`. Each says in a tag which fault knob of the platform turns it red.
///
/// They are made by functions of their size, so that the proof with the knob can be smaller than the test.
enum Scalability {}
