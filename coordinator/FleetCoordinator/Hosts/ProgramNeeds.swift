/// What a Linux program needs of the host that it is to run on, as its own ELF header says.
struct ProgramNeeds: Hashable, Sendable {
    /// The CPU, as `uname -m` names it; nil when the file is no 64-bit Linux program.
    var machine: String?
    /// The shared libraries, such as `libcurl.so.4`, sorted.
    var libraries: [String] = []
    /// The version of glibc below which it does not start, such as 2.35; nil when it needs none.
    var glibc: Version?

    /// A version of glibc.
    struct Version: Hashable, Sendable, Comparable, CustomStringConvertible {
        var major: Int
        var minor: Int

        /// Reads `2.36`, also behind words and before a third number; nil when there is none.
        init?(_ text: some StringProtocol) {
            let word = text.split(separator: " ").last { $0.first?.isNumber == true }
            let numbers = (word ?? "").split(separator: ".").map { Int($0.prefix { $0.isNumber }) }
            guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
            self.major = major
            self.minor = minor
        }

        var description: String { "\(major).\(minor)" }

        static func < (left: Version, right: Version) -> Bool {
            (left.major, left.minor) < (right.major, right.minor)
        }
    }

    /// The needs of several programs together; the CPU is that of the first that has one.
    static func union(_ needs: [ProgramNeeds]) -> ProgramNeeds {
        ProgramNeeds(
            machine: needs.lazy.compactMap(\.machine).first,
            libraries: Set(needs.flatMap(\.libraries)).sorted(), glibc: needs.compactMap(\.glibc).max())
    }

    init(machine: String? = nil, libraries: [String] = [], glibc: Version? = nil) {
        self.machine = machine
        self.libraries = libraries
        self.glibc = glibc
    }

    /// Reads a program's header; one that is no ELF file needs nothing that we know of.
    ///
    /// - Throws: `SystemCallError` when the file cannot be read.
    init(ofFile path: String) throws {
        guard let file = try ELFFile(path: path) else { return }
        machine = file.machine
        libraries = file.libraries.sorted()
        glibc = file.versions.filter { $0.hasPrefix("GLIBC_") }.compactMap { Version($0.dropFirst(6)) }.max()
    }
}
