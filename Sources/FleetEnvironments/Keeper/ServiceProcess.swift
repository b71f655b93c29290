import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A service that was started.
struct ServiceProcess: Sendable {
    let backing: any ServiceBacking
    var launch: ServiceLaunch
    let child: ChildProcess
    let port: Int
    let reservation: PortReservation?
    let logFile: String
    /// How long the log was when it started.
    let logStart: Int
    var info: ServiceInfo
    /// Set when it ends because we want it to.
    let isEnding = OneShot<Void>()

    /// Ends it: it gets a moment to end by itself, so that it can start again with its data.
    func end(grace: Duration = .seconds(3)) async {
        isEnding.fulfil(())
        if backing.stopSignal != SIGTERM {
            child.send(signal: backing.stopSignal)
            child.send(signal: SIGCONT)
            if await child.exit(within: grace) != nil { return }
        }
        _ = await child.end(grace: grace)
    }

    /// A failure that blames this service and shows the end of its log.
    func failure(_ kind: EnvironmentFailure.Kind, _ happened: String, tried: String? = nil) -> EnvironmentFailure {
        EnvironmentFailure(
            kind: kind, service: backing.service, tried: tried ?? "started \(launch.command)",
            happened: happened + (fullDisk ?? ""), log: LogWindow.lastLines(of: logFile))
    }

    // A full disk keeps the log from telling of it.
    private var fullDisk: String? {
        var status = statvfs()
        guard statvfs(logFile, &status) == 0 else { return nil }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        return free < 1 << 20 ? "; its disk is full: \(free) bytes are left" : nil
    }
}
