import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Watches over one child of ours: when it dies, however it dies, nothing of its tree and its directory stays.
struct Guardian {
    /// The directory that goes when the child has gone.
    let directory: String
    /// Held while anything of the session lives.
    let lock: String
    /// The arguments of our own program for the child.
    let arguments: [String]
    /// A file of byte locks that the child shares with us as descriptor 3: what it locks stays so until both have ended.
    var sharedLocks: String?
    /// How long the child may take until it says its one line.
    var readyLimit = Duration.seconds(15)

    /// Runs the child to its end and cleans up after it.
    ///
    /// One line is taken from standard input and handed to the child, one from the child is handed to standard output.
    func run() async -> Int32 {
        let child = GuardedChild()
        let signals = TerminationSignals { _ in child.value?.send(signal: SIGTERM) }
        defer { withExtendedLifetime(signals) {} }
        do {
            try ProcessTree.becomeSubreaper()
            guard let lock = try FileLock.acquire(lock) else { return fail("another process holds \(lock)") }
            defer { lock.release() }
            try lock.note("\(getpid())\n")
            let locks = try sharedLocks.map { path throws(SystemCallError) in try ByteLocks(path: path) }
            defer { withExtendedLifetime(locks) {} }
            guard let secret = StandardStreams.readLine(from: 0, limit: 4096, within: .seconds(10)) else {
                return fail("nothing came on standard input")
            }
            let process = try Spawner.spawn(
                ProcessSpecification(
                    executable: OwnProgram.path, arguments: arguments,
                    environment: OwnProgram.variables(session: directory), workingDirectory: "/",
                    standardInput: .pipe, standardOutput: .pipe, standardError: .inherit,
                    extraDescriptors: locks.map { [Self.locksDescriptor: $0.descriptor] } ?? [:]))
            child.value = process
            relay(secret, process)
            let status = await outlive(process)
            let leftovers = await clean()
            return leftovers.isEmpty && status.isSuccess ? 0 : 1
        } catch {
            return fail("\(error)")
        }
    }

    /// Where the child finds the shared locks.
    static let locksDescriptor: Int32 = 3

    private func relay(_ secret: String, _ child: ChildProcess) {
        if let input = child.takeStandardInput() {
            StandardStreams.write(line: secret, to: input)
            close(input)
        }
        let line = child.standardOutput.flatMap {
            StandardStreams.readLine(from: $0, limit: 64 << 10, within: readyLimit)
        }
        StandardStreams.write(line: line ?? "the agent ended before it was ready")
        StandardStreams.closeOutput()
    }

    /// Waits for the child, and takes in the orphans of its tree meanwhile.
    private func outlive(_ child: ChildProcess) async -> ExitStatus {
        while true {
            if let status = await child.exit(within: .seconds(2)) { return status }
            ProcessTree.reapOrphans()
        }
    }

    private func clean() async -> [String] {
        var leftovers = await ProcessTree.killChildren(within: .seconds(10)).map(\.description)
        let strays = ProcessTree.processes(withVariable: SessionLayout.variable, value: directory)
        leftovers += await ProcessTree.end(strays, grace: .zero).map(\.description)
        leftovers += await StoredConfiguration.removeContainers(of: directory)
        leftovers += await MemoryCap.removeGroup(of: directory)
        leftovers += DirectoryTree.remove(directory)
        for leftover in leftovers { StandardStreams.complain("left behind: \(leftover)") }
        return leftovers
    }

    private func fail(_ text: String) -> Int32 {
        StandardStreams.write(line: text)
        return 1
    }
}

/// The child of a guardian, for its signal handler.
private final class GuardedChild: Sendable {
    private let box = Locked<ChildProcess?>(nil)

    var value: ChildProcess? {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}
