import Foundation
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct SimulatedInventoryTests {
    private let start = Timestamp(Date(timeIntervalSince1970: 1_760_000_000))
    private let place = Placement(zone: "eu-west-1a", plan: "t3.micro")

    private func inventory(_ change: (inout SimulationSettings) -> Void) throws -> SimulatedInventory {
        var settings = SimulationSettings()
        change(&settings)
        return SimulatedInventory(try .aws(), settings)
    }

    @Test func statesFollowFromTheTime() throws {
        var inventory = try inventory {
            $0.lag = 1
            $0.latency = 2
        }
        let instance = try inventory.order("a", place, id: "i-1", now: start)
        #expect(inventory.sight(of: "a", now: start.advanced(seconds: 0.9)) == .none)
        #expect(inventory.sight(of: "a", now: start.advanced(seconds: 1)) == .pending(instance))
        #expect(inventory.sight(of: "a", now: start.advanced(seconds: 2.9)) == .pending(instance))
        #expect(inventory.sight(of: "a", now: start.advanced(seconds: 3)) == .running(instance))
        #expect(try inventory.order("a", place, id: "i-2", now: start) == instance)
        #expect(inventory.end("a") == instance && inventory.end("a") == nil)
        #expect(inventory.sight(of: "a", now: start.advanced(seconds: 9)) == .none)
    }

    @Test func addressesAreOfTheVendorAndOfOneServerEach() throws {
        var inventory = try inventory { $0.capacity = 400 }
        let addresses = try (1...300).map { try inventory.order("s\($0)", place, id: "i", now: start).address }
        #expect(Set(addresses).count == 300 && addresses.allSatisfy(inventory.vendor.network.contains))
        #expect(throws: PlatformError.self) {
            try inventory.change("s1", now: start, address: .some(addresses[1]))
        }
        let moved = try inventory.change("s1", now: start, address: .some(nil)).address
        #expect(!addresses.contains(moved))
        #expect(throws: PlatformError.self) { try inventory.change("none", now: start, plan: "x") }
    }

    @Test func failuresAreAsManyAsAskedForAndTheSameForASeed() throws {
        func failures(_ seed: UInt64) throws -> [Int] {
            var inventory = try inventory {
                $0.failureRate = 0.3
                $0.seed = seed
                $0.capacity = 2000
            }
            return (1...1000).filter { (try? inventory.order("s\($0)", place, id: "i", now: start)) == nil }
        }
        let first = try failures(7)
        #expect(try failures(7) == first && failures(8) != first)
        #expect((250...350).contains(first.count), "\(first.count)")
    }

    @Test func idsLookLikeThoseOfTheVendor() throws {
        let bytes = (0..<16).map { UInt8($0 * 16 + 1) }
        #expect(try SimulatedVendor.aws().id(bytes).wholeMatch(of: /i-0[0-9a-f]{16}/) != nil)
        #expect(UUID(uuidString: try SimulatedVendor.upcloud().id(bytes)) != nil)
    }

    @Test(arguments: [
        #"{"width":0}"#, #"{"providers":{"gcp":{}}}"#, #"{"providers":{"aws":{"latency":1}}}"#,
        #"{"providers":{"aws":{"failure_rate":2}}}"#, #"{"zone_file":{"path":"relative"}}"#, #"{"unknown":1}"#,
    ])
    func wrongSettingsAreRefused(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(OrchestratorSettings.self, from: Data(text.utf8)) }
    }
}
