import FleetModel
import FleetScheduling

/// A plan for people.
enum PlanText {
    /// A line for each lane, its tests below it, then the bound.
    static func render(_ plan: Plan) -> String {
        var lines: [String] = []
        for lane in plan.lanes {
            let count = lane.shards.reduce(0) { $0 + $1.tests.count }
            let workers = lane.workers == 1 ? "1 worker" : "\(lane.workers) workers"
            lines.append("\(lane.id)  \(workers), \(count) tests, \(lane.seconds.tenths) s")
            for shard in lane.shards {
                lines.append("  \(shard.mode?.rawValue ?? "no environment")")
                lines += shard.tests.map { "    \($0)" }
            }
        }
        for item in plan.unplaced { lines.append("not placed: \(item.test): \(item.reason)") }
        let ratio = (plan.ratio * 1000).rounded() / 1000
        lines.append(
            "Planned \(plan.seconds.tenths) s; no schedule can end before \(plan.lowerBound.tenths) s (ratio \(ratio))."
        )
        return lines.joined(separator: "\n")
    }
}

/// A plan as `plan --json` prints it.
struct PlanDocument: Encodable {
    struct Shard: Encodable {
        var mode: Mode?
        var tests: [TestID]
    }

    struct Lane: Encodable {
        var host: HostID
        var lane: Int
        var workers: Int
        var seconds: Double
        var shards: [Shard]
    }

    struct Unplaced: Encodable {
        var test: TestID
        var reason: String
    }

    var lanes: [Lane]
    var unplaced: [Unplaced]
    var seconds: Double
    var lowerBound: Double

    init(_ plan: Plan) {
        lanes = plan.lanes.map { lane in
            Lane(
                host: lane.id.host, lane: lane.id.index, workers: lane.workers, seconds: lane.seconds,
                shards: lane.shards.map { Shard(mode: $0.mode, tests: $0.tests) })
        }
        unplaced = plan.unplaced.map { Unplaced(test: $0.test, reason: $0.reason) }
        seconds = plan.seconds
        lowerBound = plan.lowerBound
    }
}
