import FleetSystem
import FleetTestKit

/// The processes of an environment: its services, what has lost its parent there, and what a test has named.
enum ProcessFacts {
    /// Command lines are cut here, in characters.
    private static let limit = 200

    /// A fact for each command line; helpers of services come and go, and are left out.
    ///
    /// - Parameter keeper: The process that started the services and adopts who loses his parent, as we see it.
    static func read(keeper: Int32) -> [String] {
        let facts = ProcessTree.descendants(of: keeper).compactMap { info -> String? in
            guard !info.isZombie else { return nil }
            let command = info.commandLine
            // One that is about to become a service still has the keeper's command line, or none.
            guard !command.isEmpty, info.parentID == keeper || TestContext.hasMark(command) else { return nil }
            return "process \(command.prefix(limit))"
        }
        return Set(facts).sorted()
    }
}
