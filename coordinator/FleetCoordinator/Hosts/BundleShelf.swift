#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The bundles at hand, one for each kind of host: our own, and those of `--bundle DIR`.
///
/// Below DIR lies a folder for each operating system and CPU: `DIR/linux-aarch64/agent`, `DIR/linux-aarch64/platform`.
struct BundleShelf: Sendable {
    /// The directory of `--bundle`; nil when none was named.
    let directory: String?
    private let bundles: [HostPlatform: Bundle]

    /// Holds given bundles.
    init(_ bundles: [HostPlatform: Bundle], directory: String? = nil) {
        self.bundles = bundles
        self.directory = directory
    }

    /// Whether one of them would bring the server of secrets where it is needed.
    var bringsSecretsServer: Bool { bundles.values.contains(where: \.bringsSecretsServer) }

    /// The same bundles with the server of secrets, for hosts on which the mode enterprise runs.
    func withSecretsServer() throws(LinkError) -> BundleShelf {
        var richer: [HostPlatform: Bundle] = [:]
        for (platform, bundle) in bundles { richer[platform] = try bundle.withSecretsServer() }
        return BundleShelf(richer, directory: directory)
    }

    /// Reads the programs beside this one and every folder of a directory; the directory wins.
    ///
    /// - Parameter userPrograms: a directory whose programs come along; nil for none.
    /// - Throws: `InputErrors` with everything that is wrong with the directory; `LinkError` when there is no bundle.
    init(directory: String?, userPrograms: String? = nil) throws {
        var bundles = try directory.map { try Self.read($0, userPrograms) } ?? [:]
        if bundles[.own] == nil {
            do {
                bundles[.own] = try Bundle(directory: Bundle.ownDirectory, userPrograms: userPrograms)
            } catch {
                // Programs for other machines may be all that is wanted.
                if bundles.isEmpty { throw error }
            }
        }
        self.init(bundles, directory: directory)
    }

    private static func read(
        _ directory: String, _ userPrograms: String?
    ) throws(InputErrors) -> [HostPlatform: Bundle] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            throw fault(directory, "the directory of --bundle cannot be read", "make one with: make bundle")
        }
        var bundles: [HostPlatform: Bundle] = [:]
        var errors: [InputError] = []
        for name in names {
            guard name.hasPrefix("linux-"), let platform = HostPlatform(folder: name) else { continue }
            let folder = "\(directory)/\(name)"
            do throws(LinkError) {
                let bundle = try Bundle(directory: folder, userPrograms: userPrograms)
                if let machine = bundle.needs.machine, machine != platform.machine {
                    let message = "the programs are for \(machine), not for \(platform.machine)"
                    errors += fault(folder, message, "rename the folder to linux-\(machine)").errors
                }
                bundles[platform] = bundle
            } catch {
                errors += fault(folder, error.description, "copy the folder that `make bundle` makes").errors
            }
        }
        if bundles.isEmpty, errors.isEmpty {
            let message = "there is no folder such as \(HostPlatform(system: "linux", machine: "aarch64")) in it"
            throw fault(directory, message, "make one with: make bundle")
        }
        guard errors.isEmpty else { throw InputErrors(errors) }
        return bundles
    }

    private static func fault(_ file: String, _ message: String, _ advice: String) -> InputErrors {
        InputErrors([InputError(file: file, message: message, advice: advice)])
    }

    /// All shared libraries that any bundle needs, sorted.
    var libraries: [String] { Set(bundles.values.flatMap(\.needs.libraries)).sorted() }

    /// The bundle for a kind of host.
    ///
    /// - Throws: a permanent `LinkError` that says how to make the one that is missing.
    func bundle(for platform: HostPlatform) throws(LinkError) -> Bundle {
        if let bundle = bundles[platform] { return bundle }
        throw LinkError(.permanent, "\(Self.absence(of: platform)); \(advice(for: platform))")
    }

    /// What is said of a kind of host that there is no bundle for.
    static func absence(of platform: HostPlatform) -> String {
        platform.system == "linux"
            ? "there is no bundle for its CPU (\(platform))"
            : "agents run on Linux only, and this is \(platform)"
    }

    /// What to do about it.
    func advice(for platform: HostPlatform) -> String {
        guard platform.system == "linux" else { return "take the host out of hosts.txt" }
        let place = directory ?? "DIR"
        let flag = directory == nil ? " and name it with --bundle DIR" : ""
        return "run `make bundle` on such a machine, copy its folder \(platform) into \(place)\(flag)"
    }
}
