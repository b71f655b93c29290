import FleetModel

/// The time below which no schedule can end, however clever.
///
/// For a guess T every mode needs at least ⌈P / (T − s)⌉ setups on unit-speed slots; T is impossible when the work and
/// those setups exceed the capacity, or when the longest test with its setup does not fit. The bound is the smallest T
/// that is not impossible. The counting argument follows Deppert and Jansen, SPAA 2019 (arXiv 1810.01223).
public struct LowerBound: Sendable {
    /// The bound in seconds; 0 when there is nothing to do.
    public let seconds: Double

    /// Computes the bound of running `jobs` on `lanes` with the given setup costs.
    ///
    /// Where all lanes are alike, a lane of k workers counts as one slot of speed k and workers count as slots, and the
    /// larger bound is taken; otherwise workers count as slots. Where lanes differ in speed, all count as the fastest.
    public init(jobs: [Job], lanes: [LaneCapacity], setup: SetupCosts) {
        let workers = lanes.reduce(0) { $0 + $1.workers }
        guard !jobs.isEmpty, workers > 0 else {
            self.seconds = 0
            return
        }
        let fastest = lanes.map(\.speed).max() ?? 1
        let byMode = Dictionary(grouping: jobs, by: \.mode)
        // In a fixed order, so that the same jobs give the same bound to the last bit.
        let classes = ([nil] + Mode.allCases).map { mode in
            let seconds = (byMode[mode] ?? []).map { $0.seconds / fastest }.sorted()
            return WorkClass(setup: setup[mode], work: seconds.reduce(0, +), longest: seconds.last ?? 0)
        }.filter { $0.work > 0 }
        var bound = Self.smallestPossible(classes, slots: workers, speed: 1, isFractional: true)
        if let first = lanes.first, lanes.allSatisfy({ $0.workers == first.workers }) {
            let whole = Self.smallestPossible(
                classes, slots: lanes.count, speed: Double(first.workers), isFractional: false)
            bound = max(bound, whole)
        }
        self.seconds = bound
    }

    private struct WorkClass {
        var setup: Double
        var work: Double
        var longest: Double
    }

    private static func smallestPossible(
        _ classes: [WorkClass], slots: Int, speed: Double, isFractional: Bool
    ) -> Double {
        var low = classes.map { $0.setup + $0.longest }.max() ?? 0
        if isPossible(low, classes, slots: slots, speed: speed, isFractional: isFractional) { return low }
        var high = classes.reduce(0) { $0 + $1.setup + $1.work } + low
        // 60 halvings bring any double-precision interval below a microsecond.
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if isPossible(middle, classes, slots: slots, speed: speed, isFractional: isFractional) {
                high = middle
            } else {
                low = middle
            }
        }
        return high
    }

    private static func isPossible(
        _ limit: Double, _ classes: [WorkClass], slots: Int, speed: Double, isFractional: Bool
    ) -> Bool {
        var needed = 0.0
        for item in classes {
            let room = limit - item.setup
            guard room > 0 else { return false }
            let share = item.work / speed / room
            needed += isFractional ? share * limit : item.work / speed + share.rounded(.up) * item.setup
        }
        return needed <= Double(slots) * limit * (1 + 1e-12)
    }
}
