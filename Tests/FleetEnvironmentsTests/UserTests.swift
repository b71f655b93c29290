import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Environments that another process holds: another user's, or one that is killed.
@Suite(
    "Environments of other processes", .serialized,
    .enabled(if: servicesAreThere, "platform, knotd, docker-registry or sshd is not there"))
struct UserTests {
    struct Case: Sendable, CustomStringConvertible {
        var driver: Driver
        var isOrdinaryUser: Bool
        var description: String { "\(driver.rawValue) as \(isOrdinaryUser ? "an ordinary user" : "ourselves")" }
    }

    static let cases: [Case] = EnvironmentTests.drivers.flatMap { driver in
        let users = geteuid() == 0 ? [false, true] : [false]
        return users.map { Case(driver: driver, isOrdinaryUser: $0) }
    }

    @Test("it comes up and goes down when told", arguments: cases)
    func upAndDown(_ what: Case) async throws {
        try await withPlace { place in
            let holder = try await Holder.start(what, place)
            #expect(holder.driver == what.driver.rawValue)
            holder.child.closeStreams()
            let status = await holder.child.exit(within: .seconds(30))
            #expect(status == .exited(0))
            #expect(await holder.capture.finished(within: .seconds(5)))
            #expect(holder.capture.output.headText.hasSuffix("\nleft 0 \n"), "\(holder.capture.output.headText)")
            #expect(access(holder.directory, F_OK) != 0)
            Attachment.record("\(what): \(holder.seconds) s", named: "ready.txt")
        }
    }

    @Test("when its holder is killed nothing is left", arguments: cases)
    func killedHolder(_ what: Case) async throws {
        try await withPlace { place in
            let holder = try await Holder.start(what, place)
            let inside = inhabitants(ofNetworkOf: holder.keeper)
            holder.child.send(signal: SIGKILL)
            #expect(await place.isClean(within: .seconds(15)))
            #expect(await Waiting.until(within: .seconds(10)) { access(holder.directory, F_OK) != 0 })
            #expect(await Waiting.until(within: .seconds(5)) { ProcessInfo(processID: holder.keeper) == nil })
            if what.driver == .namespace { #expect(inside.count >= 4 && haveEnded(inside)) }
            await holder.capture.stop()
        }
    }

    @Test("when holder and keeper are killed at once no process is left", arguments: cases)
    func killedBoth(_ what: Case) async throws {
        try await withPlace { place in
            let holder = try await Holder.start(what, place)
            let inside = inhabitants(ofNetworkOf: holder.keeper)
            holder.child.send(signal: SIGSTOP)
            kill(holder.keeper, SIGKILL)
            holder.child.send(signal: SIGKILL)
            #expect(await place.isClean(within: .seconds(10)))
            if what.driver == .namespace { #expect(inside.count >= 4 && haveEnded(inside)) }
            await holder.capture.stop()
        }
    }
}

/// A helper program that holds an environment.
private struct Holder {
    let child: ChildProcess
    let capture: BoundedCapture
    let directory: String
    let keeper: Int32
    let driver: String
    let seconds: String

    static func start(_ what: UserTests.Case, _ place: Place) async throws -> Holder {
        var helper = try #require(Built.helper)
        var bundle = try #require(Built.bundle)
        let directory = "\(place.directory)/home/environment"
        var command: [String] = []
        try PrivateDirectory.ensure("\(place.directory)/home")
        if what.isOrdinaryUser {
            // Where the repository lies may be closed to others.
            bundle = "\(place.directory)/bundle"
            for path in [place.directory, bundle] {
                mkdir(path, 0o755)
                chmod(path, 0o755)
            }
            chown("\(place.directory)/home", 65534, 65534)
            for (source, target) in [(helper, "fleet-helper"), (try place.plan(nil).bundle + "/platform", "platform")] {
                try AtomicFile.write(AtomicFile.read(source, limit: 1 << 30), to: "\(bundle)/\(target)", mode: 0o755)
            }
            helper = "\(bundle)/fleet-helper"
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        }
        command += [helper, "environment", directory, bundle, what.driver.rawValue, "\(place.name)-x"]
        var wanted = ProcessSpecification(executable: command[0], arguments: Array(command.dropFirst()))
        wanted.environment = ["PATH": ProgramSearch.standardPath]
        wanted.standardInput = .pipe
        wanted.standardOutput = .pipe
        wanted.standardError = .output
        let child = try Spawner.spawn(wanted)
        let capture = BoundedCapture()
        capture.start(try #require(child.takeStandardOutput()))
        let isUp = await Waiting.until(within: .seconds(60)) {
            capture.output.headText.hasSuffix("\n.\n") || child.status != nil
        }
        let words = capture.output.headText.split(separator: "\n").first?.split(separator: " ") ?? []
        try #require(isUp && words.first == "ready", "\(capture.output.headText)")
        return Holder(
            child: child, capture: capture, directory: directory, keeper: try #require(Int32(words[1])),
            driver: String(words[2]), seconds: String(words[3]))
    }
}
