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
    let launch: ServiceLaunch
    let child: ChildProcess
    let reservation: PortReservation?
    let logFile: String
    var info: ServiceInfo

    /// Ends it: it gets a moment to end by itself.
    func end() async {
        _ = await child.end(grace: .seconds(3))
    }

    /// A failure that blames this service and shows the end of its log.
    func failure(_ kind: EnvironmentFailure.Kind, _ happened: String, tried: String? = nil) -> EnvironmentFailure {
        EnvironmentFailure(
            kind: kind, service: backing.service, tried: tried ?? "started \(launch.command)", happened: happened,
            log: LogWindow.lastLines(of: logFile))
    }
}
