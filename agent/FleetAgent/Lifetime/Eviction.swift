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

/// Runs that somebody sent away from this host: no agent of theirs is started here again.
///
/// The list lies beside the bundles, because the session of an evicted agent goes.
struct Eviction: Hashable, Sendable, Codable {
    var run: RunID
    /// Who did it.
    var by: String

    /// How many are remembered; a run of long ago asks for no agent any more.
    private static let limit = 50

    private static func path(_ workdir: String) -> String { "\(workdir)/bundles/evictions.json" }

    /// Who evicted a run; nil when nobody did.
    static func of(_ run: RunID, workdir: String) -> String? { all(workdir).last { $0.run == run }?.by }

    /// Remembers that a run was evicted; to be called with the lock of the directory's turn.
    static func note(_ runs: [RunID], by person: String, workdir: String) throws {
        let new = all(workdir).filter { !runs.contains($0.run) } + runs.map { Eviction(run: $0, by: person) }
        try AtomicFile.write(JSONEncoder().encode(Array(new.suffix(limit))), to: path(workdir))
    }

    private static func all(_ workdir: String) -> [Eviction] {
        guard let bytes = try? AtomicFile.read(path(workdir), limit: 1 << 20) else { return [] }
        return (try? JSONDecoder().decode([Eviction].self, from: Data(bytes))) ?? []
    }

    /// Who runs this program, as a person: behind `sudo` the one who called it.
    static var person: String {
        let names = ["SUDO_USER", "USER", "LOGNAME"].compactMap { (name: String) -> String? in
            getenv(name).map { String(cString: $0) }
        }
        if let name = names.first(where: { !$0.isEmpty }) { return name }
        return getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "user \(getuid())"
    }
}
