import FleetTestKit

/// One operation of a load.
struct Sample<Value: Sendable>: Sendable {
    /// Which one, from 0 in the order of beginning.
    let number: Int
    /// When it began, in seconds since the load began.
    let begin: Double
    /// How long it took.
    let seconds: Double
    /// What came of it.
    let value: Value
}

/// Runs an operation so many times, by so many clients at once; each client begins its next one when the last has ended.
///
/// - Returns: the samples in the order of beginning.
/// - Throws: the first error; the other operations are cancelled then.
@discardableResult
func load<Value: Sendable>(
    clients: Int, count: Int, _ body: @escaping @Sendable (_ number: Int) async throws -> Value
) async throws -> [Sample<Value>] {
    let start = ContinuousClock.now
    let operation: @Sendable (Int) async throws -> Sample<Value> = { number in
        let begin = ContinuousClock.now
        let value = try await body(number)
        return Sample(
            number: number, begin: Figures.seconds(begin - start), seconds: Figures.seconds(.now - begin), value: value)
    }
    return try await withThrowingTaskGroup(of: Sample<Value>.self) { group in
        var samples: [Sample<Value>] = []
        var next = 0
        while next < min(clients, count) {
            let number = next
            group.addTask { try await operation(number) }
            next += 1
        }
        while let sample = try await group.next() {
            samples.append(sample)
            guard next < count else { continue }
            let number = next
            group.addTask { try await operation(number) }
            next += 1
        }
        return samples.sorted { $0.number < $1.number }
    }
}

/// What is reported of measured times, and what is asserted of their shape: never of their absolute size.
enum Figures {
    /// A duration in seconds.
    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// The value below which that share of the values lies, 0 to 1.
    static func quantile(_ share: Double, of values: [Double]) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        return sorted.indices.contains(Int(share * Double(sorted.count)))
            ? sorted[Int(share * Double(sorted.count))] : last
    }

    static func median(_ values: [Double]) -> Double { quantile(0.5, of: values) }

    /// A number with three digits, for logs and messages.
    static func text(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return "\(rounded)"
    }

    /// The value that a quarter of the first tenth lies below, and that of the last one: what the platform can do at that time,
    /// when the machine does not do something else.
    static func deciles(_ values: [Double]) -> (first: Double, last: Double) {
        let tenth = max(1, values.count / 10)
        return (quantile(0.25, of: Array(values.prefix(tenth))), quantile(0.25, of: Array(values.suffix(tenth))))
    }
}

/// How fast the machine itself is while something is measured: others work on it too, and a slow moment of the machine is no
/// fault of the platform.
struct Control: Sendable {
    /// Seconds of a fixed piece of work.
    static func measure() -> Double {
        let begin = ContinuousClock.now
        var digest = Digest(of: [])
        for _ in 0..<64 { digest = Digest(of: Array(digest.description.utf8) + work) }
        return Figures.seconds(.now - begin)
    }

    private static let work = [UInt8](repeating: 7, count: 65_536)
}

/// The operations at the end of a load take at most `factor` times as long as those at its beginning, on a machine that is as
/// fast at the end as at the beginning; where it is slower, in proportion.
///
/// - Parameter samples: with the seconds of `Control` at that moment.
func expectSteady(
    _ samples: [Sample<Double>], within factor: Double = 4, _ what: String, _ context: TestContext,
    filePath: String = #filePath, line: Int = #line
) throws {
    let times = Figures.deciles(samples.map { $0.seconds - $0.value })
    let machine = Figures.deciles(samples.map(\.value))
    let slower = times.last / max(times.first, 1e-6)
    let allowed = factor * max(1, machine.last / max(machine.first, 1e-6))
    context.log.info(
        "figures",
        [
            "of": what, "count": "\(samples.count)", "first_tenth_s": Figures.text(times.first),
            "last_tenth_s": Figures.text(times.last), "median_s": Figures.text(Figures.median(samples.map(\.seconds))),
            "machine_slower": Figures.text(machine.last / max(machine.first, 1e-6)),
        ])
    try expect(
        slower <= allowed, "\(what): the last tenth takes at most \(Figures.text(allowed)) times as long as the first",
        actual: "\(Figures.text(slower)) times: \(Figures.text(times.first)) s, then \(Figures.text(times.last)) s",
        filePath: filePath, line: line)
}
