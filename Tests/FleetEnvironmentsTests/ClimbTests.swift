import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The modes that this program knows and whose programs are here.
let modesHere: [Mode] = ServiceCatalogue.modes().filter { mode in
    ServiceCatalogue.missingPrograms(for: mode, bundle: Built.bundle ?? "", path: Built.path).isEmpty
}

/// Environments of the modes above solo: alone, and climbing.
@Suite(
    "Modes", .serialized,
    .enabled(if: modesHere.count > 1, "this program, or this machine, can hold the mode solo alone"))
struct ClimbTests {
    @Test("a climb adds what is missing, keeps what was told, and starts only those again that are told something else")
    func climbing() async throws {
        try await withPlace { place in
            let plan = try place.plan(.namespace, mode: .solo)
            let environment = try await place.bringUp(plan)
            let pids = Dictionary(place.marked().map { ($0.name, $0.processID) }) { first, _ in first }
            var seconds: [String] = ["solo \(environment.readySeconds)"]
            for mode in modesHere.dropFirst() {
                try await environment.climb(to: mode)
                #expect(environment.services.map(\.name) == ServiceTable.services(of: mode).sorted())
                #expect(environment.endpoints["environment", "mode"] == mode.rawValue)
                seconds.append("\(mode) +\(environment.readySeconds)")
            }
            let now = Set(place.marked().map(\.processID))
            for program in ["knotd", "docker-registry"] {
                #expect(now.contains(try #require(pids[program])), "\(program) was left alone")
            }
            do {
                try await environment.climb(to: .solo)
                Issue.record("it descended")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .missing)
            }
            #expect(await environment.takeDown() == [])
            Attachment.record(seconds.joined(separator: "\n"), named: "climb.txt")
        }
    }

    @Test("every mode comes up by itself and says how long that took", arguments: modesHere)
    func alone(mode: Mode) async throws {
        try await withPlace { place in
            let environment = try await place.bringUp(try place.plan(.namespace, mode: mode))
            let services = environment.services.map { "\($0.name) \($0.version): \($0.readySeconds)" }
            let begin = ContinuousClock.now
            #expect(await environment.takeDown() == [])
            let down = begin.duration(to: .now)
            Attachment.record(
                "ready \(environment.readySeconds), down \(down)\n\(services.joined(separator: "\n"))",
                named: "\(mode).txt")
        }
    }
}
