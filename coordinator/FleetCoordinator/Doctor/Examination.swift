/// What the facts of a host mean for the bundles that we have. Pure.
struct Examination {
    let facts: HostFacts
    let bundles: BundleShelf

    /// Room that is left free for the runs themselves, in bytes.
    static let runRoom = 64 << 20

    /// Everything that is to be said, the worst first.
    var findings: [Finding] {
        let all = bundleFindings + [directoryFinding, installerFinding].compactMap(\.self) + useFindings
        return all.filter { $0.weight == .unusable } + all.filter { $0.weight != .unusable }
    }

    /// The first reason why the host cannot be used.
    var obstacle: Finding? { findings.first { $0.weight == .unusable } }

    private var bundleFindings: [Finding] {
        let bundle: Bundle
        do throws(LinkError) {
            bundle = try bundles.bundle(for: facts.platform)
        } catch {
            let what = BundleShelf.absence(of: facts.platform)
            return [Finding(.unusable, what, advice: bundles.advice(for: facts.platform))]
        }
        return [libcFinding(bundle.needs)].compactMap(\.self) + libraryFindings(bundle.needs) + programFindings
            + [spaceFinding(bundle)].compactMap(\.self)
    }

    private func libcFinding(_ needs: ProgramNeeds) -> Finding? {
        guard let wanted = needs.glibc else { return nil }
        let other = "build the bundle on a machine with that system (`make bundle`) and name it with --bundle DIR"
        guard let found = facts.glibc else {
            let name = facts.libc.isEmpty ? "one that does not say its name" : "“\(facts.libc.prefix(60))”"
            let advice = "use a system with glibc, such as Debian or Ubuntu"
            return Finding(.unusable, "its C library is \(name), but our programs need glibc", advice: advice)
        }
        guard found < wanted else { return nil }
        return Finding(.unusable, "its glibc is \(found), but our programs need \(wanted) or later", advice: other)
    }

    private func libraryFindings(_ needs: ProgramNeeds) -> [Finding] {
        facts.missingLibraries.filter(needs.libraries.contains).map { library in
            let packages = Self.packages[library].map { [$0] }
            let advice = packages == nil ? "install it with the system's package manager" : nil
            return Finding(
                .unusable, "it lacks the library \(library), which the agent needs", advice: advice, packages: packages)
        }
    }

    /// Which Debian package brings a library.
    private static let packages = [
        "libcurl.so.4": "libcurl4", "libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1",
    ]

    private var programFindings: [Finding] {
        facts.missingPrograms.map { name in
            let package = name == "sha256sum" ? "coreutils" : name
            return Finding(
                .unusable, "it lacks the program \(name), which bringing files there needs", packages: [package])
        }
    }

    private var directoryFinding: Finding? {
        let place = "the working directory \(facts.wantedDirectory)"
        switch facts.directoryProblem {
        case nil: return nil
        case .make(let words):
            return unusable("\(place) cannot be made: \(Self.reason(words))")
        case .own(let words):
            return unusable("\(place) is not ours alone: \(words)")
        case .write(let words):
            let isFull = words.contains("No space") || (facts.freeSpace ?? .max) < 1 << 20
            let reason = isFull ? "no space is left on its disk" : Self.reason(words)
            return unusable("\(place) cannot be written: \(reason)", mends: isFull ? "free some, or " : "")
        case .run(let words):
            return unusable("no program can be run from \(place) (mounted noexec?): \(Self.reason(words))")
        }
    }

    private func unusable(_ what: String, mends: String = "") -> Finding {
        let other = facts.otherDirectory.map { "workdir=\($0), which can be used there" }
        return Finding(.unusable, what, advice: "\(mends)name another in hosts.txt: \(other ?? "workdir=PATH")")
    }

    /// The last clause of what a shell or a program complained.
    private static func reason(_ words: String) -> String {
        let last = words.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? ""
        return last.isEmpty ? "it says no reason" : String(last)
    }

    private func spaceFinding(_ bundle: Bundle) -> Finding? {
        let needed = (facts.bundles.contains(bundle.digest) ? 0 : bundle.size) + Self.runRoom
        guard facts.directoryProblem == nil, let free = facts.freeSpace, free < needed else { return nil }
        let text =
            "\(Quantity.size(free)) are free in \(facts.wantedDirectory), but \(Quantity.size(needed)) are needed"
        let advice = "free some, or name another directory in hosts.txt: workdir=PATH"
        return Finding(.unusable, "no space: \(text)", advice: advice)
    }

    private var installerFinding: Finding? {
        guard facts.platform.system == "linux", facts.installer != "apt-get" else { return nil }
        return Finding(.note, "it has no apt-get: the commands that install something are for Debian and its kin")
    }

    private var useFindings: [Finding] {
        facts.uses.map { use in
            use.isAlive
                ? Finding(.note, "in use: \(use.name)")
                : Finding(
                    .note, "left by an agent that died: \(use.name)", advice: "remove it with: coordinator teardown")
        }
    }
}

/// Sizes and times as the doctor writes them.
enum Quantity {
    /// A size for people, such as `7.7 GiB`.
    static func size(_ bytes: Int) -> String {
        var value = Double(bytes)
        var unit = "bytes"
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
            value /= 1024
            unit = next
        }
        return unit == "bytes" ? "\(bytes) bytes" : "\(decimal(value)) \(unit)"
    }

    /// One digit behind the point, without a locale.
    static func decimal(_ value: Double) -> String {
        let tenths = Int((abs(value) * 10).rounded())
        return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }
}
