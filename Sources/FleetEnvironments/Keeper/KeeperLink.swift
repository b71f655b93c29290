import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The holder's end of a keeper: starts it, hears it, ends it, and looks whether anything stayed.
final class KeeperLink: Sendable {
    /// How an order ended.
    enum Outcome: Sendable {
        case ready(KeeperEvent.Ready)
        case failed(EnvironmentFailure)
        case refused(EnvironmentFailure)
    }

    let keeper: ChildProcess
    // How the order that was given last ended.
    private let pending = Locked(OneShot<Outcome>())
    /// Why the environment broke; nil when it was taken down.
    let broken = OneShot<EnvironmentFailure?>()
    private let down = OneShot<[String]>()
    private let plan: EnvironmentPlan
    private let driver: any EnvironmentDriver
    private let isEnding = Locked(false)

    private init(plan: EnvironmentPlan, driver: any EnvironmentDriver, keeper: ChildProcess) {
        self.plan = plan
        self.driver = driver
        self.keeper = keeper
    }

    /// Starts a keeper and gives it its order.
    static func start(
        _ plan: EnvironmentPlan, driver: any EnvironmentDriver, keeper: [String]
    ) throws(EnvironmentFailure) -> KeeperLink {
        do throws(PrivateDirectoryError) {
            try PrivateDirectory.ensure(plan.directory)
        } catch {
            throw EnvironmentFailure(kind: .keeper, tried: "making \(plan.directory)", happened: "\(error)")
        }
        let link = try spawn(plan, driver: driver, command: keeper)
        let order = KeeperCoding.encode(KeeperOrder.up(plan: plan, driver: driver.driver))
        if let input = link.keeper.standardInput { try? LineWriter.write(order, to: input) }
        if let output = link.keeper.takeStandardOutput() {
            let lines = LineReader(output).lines
            // Ends when the keeper does, which `takeDown` sees to.
            Task { await link.listen(lines) }
        }
        return link
    }

    private static func spawn(
        _ plan: EnvironmentPlan, driver: any EnvironmentDriver, command: [String]
    ) throws(EnvironmentFailure) -> KeeperLink {
        let parent = plan.directory.split(separator: "/").dropLast().joined(separator: "/")
        let descriptor = open("/\(parent)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        var wanted = ProcessSpecification(executable: command.first ?? "", arguments: Array(command.dropFirst()))
        let own = ["PATH": plan.programPath, "HOME": plan.directory, "LANG": "C.UTF-8"]
        wanted.environment = own.merging(plan.allMarks) { $1 }
        wanted.workingDirectory = "/"
        wanted.niceness = plan.niceness
        wanted.standardInput = .pipe
        wanted.standardOutput = .pipe
        wanted.standardError = .file("\(plan.directory)/keeper.log")
        if descriptor >= 0 { wanted.extraDescriptors = [Keeper.parentDirectory: descriptor] }
        wanted.namespaces = driver.namespaces(for: plan, keeper: wanted.executable)
        // It must outlive us by the moment that it needs to take everything down; it ends when its input does.
        wanted.endsWithParent = false
        do throws(SpawnError) {
            return KeeperLink(plan: plan, driver: driver, keeper: try Spawner.spawn(wanted))
        } catch {
            let leftovers = DirectoryTree.remove(plan.directory)
            throw EnvironmentFailure(
                kind: .keeper, tried: "starting the keeper \(command.joined(separator: " "))",
                happened: (["\(error)"] + leftovers).joined(separator: "; "))
        }
    }

    /// How the order that was given last ended; the first is to come up.
    var outcome: OneShot<Outcome> { pending.withLock { $0 } }

    /// Gives another order; one at a time, when the outcome of the one before is known.
    func give(_ order: KeeperOrder) -> OneShot<Outcome> {
        let outcome = OneShot<Outcome>()
        pending.withLock { $0 = outcome }
        if let input = keeper.standardInput { try? LineWriter.write(KeeperCoding.encode(order), to: input) }
        // A keeper that has gone says nothing any more.
        if let failure = broken.current { outcome.fulfil(.failed(failure ?? .takenDown)) }
        return outcome
    }

    private func listen(_ lines: AsyncStream<[UInt8]>) async {
        for await line in lines {
            switch KeeperCoding.decode(KeeperEvent.self, from: line) {
            case .ready(let ready)?: outcome.fulfil(.ready(ready))
            case .refused(let failure)?: outcome.fulfil(.refused(failure))
            case .failed(let failure)?: fail(failure)
            case .died(let failure)?: fail(failure)
            case .down(let leftovers)?: down.fulfil(leftovers)
            case nil: break
            }
        }
        let status = await keeper.exit()
        guard !isEnding.withLock({ $0 }) else { return }
        let failure = EnvironmentFailure(
            kind: .keeper, tried: "holding the environment", happened: "its keeper ended: \(status)",
            log: LogWindow.lastLines(of: "\(plan.directory)/keeper.log"))
        fail(failure)
    }

    private func fail(_ failure: EnvironmentFailure) {
        broken.fulfil(failure)
        outcome.fulfil(.failed(failure))
    }

    /// Ends the keeper, and what a keeper that was killed left; returns what could not be removed.
    func takeDown() async -> [String] {
        isEnding.withLock { $0 = true }
        broken.fulfil(nil)
        keeper.closeStreams()
        if await keeper.exit(within: .seconds(30)) == nil {
            keeper.send(signal: SIGKILL)
            _ = await keeper.exit(within: .seconds(5))
        }
        // What the keeper says last may still be on its way through the pipe.
        var leftovers = await down.value(within: keeper.status == .exited(0) ? .seconds(2) : .zero) ?? []
        if keeper.status != .exited(0) { leftovers += await driver.cleanUp(plan) }
        leftovers += await endMarked()
        leftovers += DirectoryTree.remove(plan.directory)
        if keeper.status == nil { leftovers.append("process \(keeper.processID) (keeper)") }
        leftovers += mounts()
        return leftovers
    }

    // Processes that a killed keeper could not take along: with the driver `process` their death signals do most.
    private func endMarked() async -> [String] {
        var left: [ProcessInfo] = []
        _ = await Waiting.until(within: .seconds(10)) {
            let found = ProcessTree.processes(withVariable: EnvironmentMark.variable, value: plan.name)
            left = found.isEmpty ? [] : await ProcessTree.end(found, grace: .milliseconds(500))
            return found.isEmpty
        }
        return left.map { "process \($0.processID) (\($0.name))" }
    }

    // Mounts of namespaces are gone with them; what shows up here is a fault.
    private func mounts() -> [String] {
        guard let bytes = try? AtomicFile.read("/proc/self/mountinfo") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 4, words[4] == plan.directory || words[4].hasPrefix("\(plan.directory)/") else {
                return nil
            }
            return "mount \(words[4])"
        }
    }
}
