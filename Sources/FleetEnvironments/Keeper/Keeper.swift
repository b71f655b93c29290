import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process that holds one environment: it brings the services up, watches them and takes them down.
///
/// It is told what to do on standard input and answers on standard output. When its input ends, for whatever reason,
/// it takes everything down and removes the environment's directory: who held it may have been killed.
public enum Keeper {
    /// The descriptor of the directory above the environment's, which stays reachable however mounts lie.
    static let parentDirectory: Int32 = 3

    /// Runs a keeper; returns its exit status: 0 when it took down what had been up, 1 when it was never up.
    public static func main() async -> Int32 {
        // It ends in order, when its input does, and not by a signal that was meant for its holder's group.
        for number in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
        let lines = LineReader(dup(0)).lines
        let first = OneShot<[UInt8]>()
        let ending = OneShot<Ending>()
        let stop = OneShot<Void>()
        let (changes, inbox) = AsyncStream.makeStream(of: KeeperOrder.self)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var orders = lines.makeAsyncIterator()
                first.fulfil(await orders.next() ?? [])
                while let line = await orders.next(), let order = KeeperCoding.decode(KeeperOrder.self, from: line) {
                    if case .down = order { break }
                    inbox.yield(order)
                }
                // A line that is not understood, and the end of the input, mean the same as the order to go down.
                ending.fulfil(.ordered)
                stop.fulfil(())
                inbox.finish()
            }
            let status = await hold(order: await first.value(), changes: changes, ending: ending, stop: stop)
            // The reader must not wait for an order that nobody will give.
            group.cancelAll()
            return status
        }
    }

    private static func hold(
        order line: [UInt8], changes: AsyncStream<KeeperOrder>, ending: OneShot<Ending>, stop: OneShot<Void>
    ) async -> Int32 {
        guard case .up(let plan, let name)? = KeeperCoding.decode(KeeperOrder.self, from: line),
            let driver = Drivers.driver(named: name)
        else { return 64 }
        return await KeeperSession(plan: plan, driver: driver, changes: changes, ending: ending, stop: stop).run()
    }

    /// Says something to the holder; one that is gone hears nothing.
    static func say(_ event: KeeperEvent) {
        try? LineWriter.write(KeeperCoding.encode(event), to: 1)
    }

    /// Why an environment ends.
    enum Ending: Sendable {
        /// The holder said so, or is gone.
        case ordered
        /// A service ended.
        case died(EnvironmentFailure)
        /// A change failed half-way.
        case failed(EnvironmentFailure)
    }
}

/// One environment, from the keeper's point of view.
struct KeeperSession: Sendable {
    let plan: EnvironmentPlan
    let driver: any EnvironmentDriver
    /// What the holder wants changed while it is up; ends when the holder wants no more.
    let changes: AsyncStream<KeeperOrder>
    /// The first reason to end.
    let ending: OneShot<Keeper.Ending>
    /// Set when the holder wants no more.
    let stop: OneShot<Void>

    func run() async -> Int32 {
        let ended = OneShot<Void>()
        // Ends with `ended`, awaited below.
        async let reaping: Void = ProcessTree.reapOrphans(every: .milliseconds(250), until: ended)
        let status = await hold()
        ended.fulfil(())
        await reaping
        return status
    }

    private func hold() async -> Int32 {
        let ending = ending
        let services = ServiceGroup(plan: plan, driver: driver, stop: stop) { ending.fulfil(.died($0)) }
        do throws(EnvironmentFailure) {
            try await driver.prepare(plan)
            Keeper.say(.ready(try await services.bringUp()))
        } catch {
            let leftovers = await takeDown(services)
            Keeper.say(.failed(error))
            Keeper.say(.down(leftovers: leftovers))
            return 1
        }
        return await live(services)
    }

    private func live(_ services: ServiceGroup) async -> Int32 {
        async let changing: Void = change(services)
        // Cancelled with this scope, and ended by that.
        async let _: Void = obeyTests(services)
        switch await ending.value() {
        case .ordered: break
        case .died(let failure):
            Keeper.say(.died(failure))
            await stop.value()
        case .failed(let failure):
            let leftovers = await takeDown(services)
            Keeper.say(.failed(failure))
            Keeper.say(.down(leftovers: leftovers))
            return 1
        }
        let leftovers = await takeDown(services)
        await changing
        Keeper.say(.down(leftovers: leftovers))
        return 0
    }

    // Ends with the stream, which ends with the holder's interest, or with the first change that fails half-way.
    private func change(_ services: ServiceGroup) async {
        for await order in changes {
            do throws(EnvironmentFailure) {
                switch order {
                case .climb(let mode): Keeper.say(.ready(try await services.climb(to: mode)))
                case .restart(let service): Keeper.say(.ready(try await services.restart(service)))
                case .up, .down: break
                }
            } catch {
                if error.kind == .missing {
                    Keeper.say(.refused(error))
                } else {
                    ending.fulfil(.failed(error))
                    return
                }
            }
        }
    }

    // Tests of environments of their own have services killed, and are told when those are back.
    private func obeyTests(_ services: ServiceGroup) async {
        let path = plan.orders
        guard mkfifo(path, 0o600) == 0 else { return }
        // Read and write, so that it does not end when a test closes its end.
        let pipe = open(path, O_RDWR | O_CLOEXEC)
        guard pipe >= 0 else { return }
        for await line in LineReader(pipe).lines {
            guard let order = KeeperCoding.decode(ServiceOrder.self, from: line) else { continue }
            var answer = ServiceOrder.done
            do throws(EnvironmentFailure) {
                try await services.replace(order.service, losingData: order.losesData)
            } catch {
                answer = "\(error)"
                if error.kind != .missing { ending.fulfil(.failed(error)) }
            }
            // Who asked may be gone, and its directory with it.
            try? AtomicFile.write(Array(answer.utf8), to: order.answer)
        }
    }

    private func takeDown(_ services: ServiceGroup) async -> [String] {
        var leftovers = await services.takeDown()
        leftovers += await ProcessTree.killChildren(within: .seconds(5)).map { "process \($0.processID) (\($0.name))" }
        leftovers += await driver.cleanUp(plan)
        leftovers += await services.takenPorts().map { "port \($0) is still in use" }
        leftovers += DirectoryTree.empty(plan.directory)
        let name = plan.directory.split(separator: "/").last.map(String.init) ?? plan.directory
        // By the directory above, because from inside the environment's own directory may be a mount.
        if unlinkat(Keeper.parentDirectory, name, AT_REMOVEDIR) != 0, errno != ENOENT, leftovers.isEmpty {
            leftovers.append("\(SystemCallError(call: "rmdir", subject: plan.directory))")
        }
        return leftovers
    }
}
