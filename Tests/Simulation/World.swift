import FleetTestSupport

/// Time and chance of one simulation: events in the order of their times, everything drawn from one seed.
final class World {
    private struct Event {
        var time: Double
        var number: Int
        var action: () -> Void
    }

    /// Seconds since the simulation began.
    private(set) var now = 0.0
    private(set) var random: SplitMix
    /// What must hold and did not, the first first.
    private(set) var violations: [String] = []
    private var events: [Event] = []
    private var number = 0

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// Lets something happen after some seconds; at equal times in the order in which it was asked for.
    func after(_ seconds: Double, _ action: @escaping () -> Void) {
        number += 1
        events.append(Event(time: now + max(0, seconds), number: number, action: action))
        var index = events.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            events.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Runs until a condition holds, nothing is left to happen, or the time is over.
    func run(until limit: Double, orUntil isDone: () -> Bool) {
        while let next = events.first, next.time <= limit, !isDone() {
            removeFirst()
            now = max(now, next.time)
            next.action()
        }
    }

    /// Forgets what has not happened yet, and with it everybody who waits for it.
    func end() { events = [] }

    private func removeFirst() {
        events.swapAt(0, events.count - 1)
        events.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < events.count && isBefore(child, least) {
                least = child
            }
            guard least != index else { return }
            events.swapAt(index, least)
            index = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (events[left].time, events[left].number) < (events[right].time, events[right].number)
    }

    /// Takes note of a promise that was broken.
    func violate(_ text: String) {
        if violations.count < 20 { violations.append("at \((now * 100).rounded() / 100) s: \(text)") }
    }

    func seconds(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }
    func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }
}
