import FleetModel
import Testing

@testable import FleetAgent

@Suite("Which order a lane runs next")
struct LaneTests {
    private let solo = EnvironmentRequest(mode: .solo)
    private let multiuser = EnvironmentRequest(mode: .multiuser)

    private func order(
        _ attempt: Int, in environment: EnvironmentRequest? = nil, isolation: Isolation = .shared, weight: Int = 1
    ) throws -> Order {
        let modes: [Mode] = environment.map { [$0.mode] } ?? []
        let test = try command("a/t\(attempt)", modes: modes, isolation: isolation, weight: weight)
        return Order(
            attempt: AttemptID(rawValue: attempt), test: test, environment: environment, epoch: Epoch(rawValue: 1))
    }

    private func steps(_ lane: inout Lane) -> [Lane.Step] {
        var steps: [Lane.Step] = []
        while let step = lane.nextStep(now: .zero) { steps.append(step) }
        return steps
    }

    private func started(_ lane: inout Lane) -> [Int] {
        steps(&lane).compactMap { step in
            if case .run(let order, _) = step { order.attempt.rawValue } else { nil }
        }
    }

    @Test("as many run as there are slots, in order, each in a slot of its own")
    func slots() throws {
        var lane = Lane(number: 0, slots: 2)
        for attempt in 1...3 { lane.enqueue(try order(attempt)) }
        let first = steps(&lane)
        #expect(first == [.run(try order(1), slot: 0), .run(try order(2), slot: 1)])
        _ = lane.finished(AttemptID(rawValue: 1))
        #expect(steps(&lane) == [.run(try order(3), slot: 0)])
    }

    @Test("an exclusive order runs alone and is not overtaken")
    func exclusive() throws {
        var lane = Lane(number: 0, slots: 3)
        lane.enqueue(try order(1))
        lane.enqueue(try order(2, isolation: .exclusive))
        lane.enqueue(try order(3))
        #expect(started(&lane) == [1])
        _ = lane.finished(AttemptID(rawValue: 1))
        #expect(started(&lane) == [2])
        _ = lane.finished(AttemptID(rawValue: 2))
        #expect(started(&lane) == [3])
    }

    @Test("a heavy order waits for enough workers; one that is too heavy takes all")
    func weight() throws {
        var lane = Lane(number: 0, slots: 3)
        lane.enqueue(try order(1, weight: 2))
        lane.enqueue(try order(2, weight: 2))
        lane.enqueue(try order(3))
        #expect(started(&lane) == [1], "nothing passes the second one")
        _ = lane.finished(AttemptID(rawValue: 1))
        #expect(started(&lane) == [2, 3])
        lane.enqueue(try order(4, weight: 99))
        _ = lane.finished(AttemptID(rawValue: 2))
        #expect(started(&lane).isEmpty)
        _ = lane.finished(AttemptID(rawValue: 3))
        #expect(started(&lane) == [4])
    }

    @Test("orders wait until their environment is ready; those that need none do not")
    func waiting() throws {
        var lane = Lane(number: 0, slots: 2)
        lane.offer([], in: solo)
        lane.enqueue(try order(1, in: solo))
        lane.enqueue(try order(2))
        #expect(steps(&lane) == [.run(try order(2), slot: 0), .bringUp(solo)])
        #expect(lane.becameReady() == solo)
        #expect(started(&lane) == [1])
    }

    @Test("a shard of a lower mode replaces the environment when nothing uses it any more")
    func replacement() throws {
        var lane = Lane(number: 0, slots: 2)
        lane.offer([], in: multiuser)
        _ = steps(&lane)
        _ = lane.becameReady()
        lane.enqueue(try order(1, in: multiuser))
        _ = steps(&lane)
        lane.offer([], in: solo)
        lane.enqueue(try order(2, in: solo))
        #expect(steps(&lane).isEmpty)
        _ = lane.finished(AttemptID(rawValue: 1))
        #expect(steps(&lane) == [.takeDown])
        lane.becameDown()
        #expect(steps(&lane) == [.bringUp(solo)])
        _ = lane.becameReady()
        #expect(started(&lane) == [2])
    }

    @Test("a shard of a higher mode makes the environment climb when nothing uses it any more")
    func climbing() throws {
        var lane = Lane(number: 0, slots: 2)
        lane.offer([], in: solo)
        _ = steps(&lane)
        _ = lane.becameReady()
        lane.enqueue(try order(1, in: solo))
        _ = steps(&lane)
        lane.offer([], in: multiuser)
        lane.enqueue(try order(2, in: multiuser))
        #expect(steps(&lane).isEmpty)
        _ = lane.finished(AttemptID(rawValue: 1))
        #expect(steps(&lane) == [.climb(multiuser)])
        #expect(lane.becameReady() == multiuser)
        #expect(started(&lane) == [2])
        // Another wish beside the mode is another environment.
        _ = lane.finished(AttemptID(rawValue: 2))
        lane.offer([], in: EnvironmentRequest(mode: .enterprise, strictServices: true))
        #expect(steps(&lane) == [.takeDown])
    }

    @Test("when an environment fails its orders come back, until it is offered again")
    func failure() throws {
        var lane = Lane(number: 0, slots: 1)
        lane.offer([], in: solo)
        lane.enqueue(try order(1, in: solo))
        #expect(steps(&lane) == [.bringUp(solo)])
        #expect(lane.becameFailed("no dns") != nil)
        #expect(steps(&lane) == [.refuse(try order(1, in: solo), message: "no dns")])
        lane.becameDown()
        lane.enqueue(try order(2, in: solo))
        #expect(steps(&lane) == [.refuse(try order(2, in: solo), message: "no dns")])
        lane.offer([], in: solo)
        #expect(steps(&lane) == [.bringUp(solo)])
    }

    @Test("an environment that dies under a test is remembered with that test")
    func death() throws {
        var lane = Lane(number: 0, slots: 2)
        lane.offer([], in: solo)
        _ = steps(&lane)
        _ = lane.becameReady()
        lane.enqueue(try order(1, in: solo))
        lane.enqueue(try order(2))
        _ = steps(&lane)
        _ = lane.becameFailed("the registry died")
        #expect(lane.becameFailed("the registry died") == nil, "it fails once")
        #expect(lane.finished(AttemptID(rawValue: 1))?.environmentFailure == "the registry died")
        #expect(lane.finished(AttemptID(rawValue: 2))?.environmentFailure == nil)
    }

    @Test("what a test left behind costs the next exclusive one a new environment, and no other one")
    func soiled() throws {
        var lane = Lane(number: 0, slots: 1)
        lane.offer([], in: solo)
        _ = steps(&lane)
        _ = lane.becameReady()
        lane.enqueue(try order(1, in: solo))
        _ = steps(&lane)
        lane.soil()
        _ = lane.finished(AttemptID(rawValue: 1))
        lane.enqueue(try order(2, in: solo))
        #expect(started(&lane) == [2], "a shared test does not care")
        _ = lane.finished(AttemptID(rawValue: 2))
        lane.enqueue(try order(3, in: solo, isolation: .exclusive))
        #expect(steps(&lane) == [.takeDown])
        lane.becameDown()
        #expect(steps(&lane) == [.bringUp(solo)])
        _ = lane.becameReady()
        #expect(started(&lane) == [3])
    }

    @Test("a closed lane takes down what is still coming up")
    func closing() {
        var lane = Lane(number: 0, slots: 1)
        lane.offer([], in: solo)
        #expect(steps(&lane) == [.bringUp(solo)])
        lane.close()
        #expect(steps(&lane) == [.takeDown])
        #expect(!lane.isEmpty)
        lane.becameDown()
        #expect(steps(&lane).isEmpty)
        #expect(lane.isEmpty)
    }
}
