/// What a host says of itself: the answers to a `HostProbe`.
struct HostFacts: Hashable, Sendable {
    /// What is wrong with the working directory.
    enum DirectoryProblem: Hashable, Sendable {
        /// It cannot be made; what `mkdir` said.
        case make(String)
        /// It is another user's, or others may write there; in a whole sentence.
        case own(String)
        /// Files cannot be written in it; what the shell said.
        case write(String)
        /// Programs cannot be run from it; what the shell said.
        case run(String)
    }

    /// A session of an agent, or a kept environment, on the host.
    struct Use: Hashable, Sendable, Codable {
        /// `sessions/RUN-EPOCH` or `environments/NAME`.
        var name: String
        /// Whether its process is there.
        var isAlive: Bool
    }

    var platform: HostPlatform
    /// The name and version of the system, such as `Debian GNU/Linux 12 (bookworm)`.
    var system: String
    var kernel: String
    var user: String
    var isRoot: Bool
    var processors: Int?
    /// In bytes.
    var memory: Int?
    /// Memory that is not in use, in bytes.
    var availableMemory: Int?
    /// How many processes wanted to run, on average, in the last minute.
    var load: Double?
    /// The C library and its version, such as `glibc 2.36`.
    var libc: String
    /// Shared libraries that were asked for and are not there.
    var missingLibraries: [String]
    /// Programs that we need to bring a bundle there and that are not there.
    var missingPrograms: [String]
    /// The program that installs packages, such as `apt-get`; nil when it is none that we know.
    var installer: String?
    /// The working directory as hosts.txt means it.
    var wantedDirectory: String
    var directoryProblem: DirectoryProblem?
    /// Free room in the working directory, in bytes.
    var freeSpace: Int?
    /// The digests of the bundles that are there.
    var bundles: Set<String>
    /// Another working directory that would do, looked for only when the wanted one does not.
    var otherDirectory: String?
    var uses: [Use]

    /// Reads what the probe printed; nil when it is not the answer of a host.
    init?(_ output: String) {
        var values: [String: [String]] = [:]
        for line in output.split(whereSeparator: \.isNewline) where line.hasPrefix("fleet:") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[String(line.dropFirst(6)[..<equals]), default: []].append(String(line[line.index(after: equals)...]))
        }
        func text(_ name: String) -> String? { values[name]?.last.flatMap { $0.isEmpty ? nil : $0 } }
        func kibibytes(_ name: String) -> Int? { text(name).flatMap { Int($0) }.map { $0 * 1024 } }
        guard let system = text("system"), let machine = text("machine") else { return nil }
        platform = HostPlatform(system: system, machine: machine)
        self.system = text("os") ?? system
        kernel = text("kernel") ?? ""
        user = text("user") ?? "?"
        isRoot = text("uid") == "0"
        processors = text("cpus").flatMap { Int($0) }
        memory = kibibytes("memory")
        availableMemory = kibibytes("available")
        load = text("load").flatMap { Double($0) }
        libc = text("libc") ?? ""
        missingLibraries = values["lacks-library"] ?? []
        missingPrograms = values["lacks-program"] ?? []
        installer = text("installer")
        wantedDirectory = text("directory") ?? text("wanted") ?? "?"
        directoryProblem = text("problem").flatMap(DirectoryProblem.init)
        freeSpace = kibibytes("free")
        bundles = Set(values["bundle"] ?? [])
        otherDirectory = text("candidate")
        uses = (values["use"] ?? []).compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            return words.count == 2 ? Use(name: String(words[1]), isAlive: words[0] == "alive") : nil
        }
    }

    /// The version of glibc; nil when the host has another C library.
    var glibc: ProgramNeeds.Version? {
        let text = libc.lowercased()
        guard text.hasPrefix("glibc") || text.contains("gnu libc") || text.contains("glibc") else { return nil }
        return ProgramNeeds.Version(libc)
    }
}

extension HostFacts.DirectoryProblem {
    /// Reads the word and the sentence that the probe prints.
    fileprivate init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        let detail = words.count > 1 ? words[1] : ""
        switch words.first {
        case "make": self = .make(detail)
        case "own": self = .own(detail)
        case "write": self = .write(detail)
        case "run": self = .run(detail)
        default: return nil
        }
    }
}
