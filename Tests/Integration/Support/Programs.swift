import Testing

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

/// The built executables that these tests drive, and the repository that they stand in.
enum Programs {
    /// The root of the repository.
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// The directory of a release build: `FLEET_BIN`, else the first usual place that has one.
    ///
    /// A place that was named is not looked at: when it is empty the tests have to fail, not to skip.
    static let directory: String? = {
        if let named = ProcessInfo.processInfo.environment["FLEET_BIN"], !named.isEmpty { return named }
        return [".build-release/release", ".build/release"].map { "\(repository)/\($0)" }.first { directory in
            ["coordinator", "agent", "platform"].allSatisfy { access("\(directory)/\($0)", X_OK) == 0 }
        }
    }()

    /// The executable of the coordinator; to be asked for only where `areBuilt` holds.
    static var coordinator: String { "\(directory ?? repository)/coordinator" }

    /// Whether there is something to drive.
    static var areBuilt: Bool { directory != nil }

    /// Whether the fleet is built and a lab can be made: root, Linux, namespaces.
    static func canRunInLab() async -> Bool {
        guard areBuilt else { return false }
        return await Lab.isPossible()
    }

    /// How many one-second tests a run with a fault has: `FLEET_FAULT_TESTS`, else few enough for every day.
    static let faultTests = ProcessInfo.processInfo.environment["FLEET_FAULT_TESTS"].flatMap(Int.init) ?? 60

    /// Where programs are looked up.
    static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"

    /// Why tests are skipped when `areBuilt` does not hold.
    static let notBuilt: Comment = "there is no release build of the fleet; run make build, or set FLEET_BIN"

    /// Why tests are skipped when `canRunInLab` does not hold.
    static let noLab: Comment = "there is no release build of the fleet, or no lab can be made here (needs root)"
}
