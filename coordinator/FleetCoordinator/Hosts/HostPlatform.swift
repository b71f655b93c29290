/// An operating system and a CPU, named as the folders of bundles are: `linux-x86_64`.
struct HostPlatform: Hashable, Sendable, CustomStringConvertible {
    /// The operating system, lower-case: `linux`, `macos`.
    let system: String
    /// The CPU: `x86_64`, `aarch64`.
    let machine: String

    /// Takes what `uname -s` and `uname -m` print; several spellings of one thing become the same.
    init(system: String, machine: String) {
        let system = system.lowercased()
        let machine = machine.lowercased()
        self.system = system == "darwin" ? "macos" : system
        self.machine = machine == "arm64" ? "aarch64" : machine == "amd64" ? "x86_64" : machine
    }

    /// Reads the name of a folder, such as `linux-aarch64`; nil when it is not made of two words.
    init?(folder: String) {
        guard let dash = folder.firstIndex(of: "-") else { return nil }
        let (system, machine) = (folder[..<dash], folder[folder.index(after: dash)...])
        guard !system.isEmpty, !machine.isEmpty else { return nil }
        self.init(system: String(system), machine: String(machine))
    }

    /// The machine that we run on.
    static var own: HostPlatform {
        #if os(macOS)
            let system = "macos"
        #else
            let system = "linux"
        #endif
        #if arch(arm64)
            return HostPlatform(system: system, machine: "aarch64")
        #elseif arch(x86_64)
            return HostPlatform(system: system, machine: "x86_64")
        #else
            return HostPlatform(system: system, machine: "unknown")
        #endif
    }

    /// The name of its folder.
    var description: String { "\(system)-\(machine)" }
}
