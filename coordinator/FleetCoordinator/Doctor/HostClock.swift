#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How far the clock of a host is from ours.
struct HostClock: Hashable, Sendable, Codable {
    /// Seconds that the host is ahead of us; negative when it is behind.
    var offset: Double
    /// By how many seconds that may be wrong: half of the time that asking took.
    var uncertainty: Double

    /// How far a clock may be off before it is worth a word, in seconds.
    static let tolerance = 5.0

    /// Judges one answer: the host's clock was read somewhere between the two readings of ours.
    init(host: Double, before: Double, after: Double) {
        offset = host - (before + after) / 2
        uncertainty = (after - before) / 2
    }

    /// Asks a host twice and takes the quicker answer; nil when its `date` prints no number.
    static func ask(_ host: any HostShell) async throws(LinkError) -> HostClock? {
        var best: HostClock?
        for _ in 0..<2 {
            let before = now
            let answer = try await host.shell("LC_ALL=C date +fleet:%s.%N\n", limit: .seconds(10))
            let after = now
            guard let time = seconds(in: answer.output) else { continue }
            let clock = HostClock(host: time, before: before, after: after)
            if best.map({ clock.uncertainty < $0.uncertainty }) ?? true { best = clock }
        }
        return best
    }

    /// A `date` that knows no `%N` prints it as it is, or drops it; its seconds are cut, on average by half of one.
    static func seconds(in output: String) -> Double? {
        guard let line = output.split(whereSeparator: \.isNewline).last(where: { $0.hasPrefix("fleet:") }) else {
            return nil
        }
        let parts = line.dropFirst(6).split(separator: ".", maxSplits: 1)
        guard let first = parts.first, let whole = Double(first) else { return nil }
        let fraction = parts.count == 2 ? Double("0.\(parts[1])") : nil
        return whole + (fraction ?? 0.5)
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What is to be said of it; nil when it is near enough.
    var finding: Finding? {
        guard abs(offset) - uncertainty > Self.tolerance else { return nil }
        let direction = offset > 0 ? "ahead of" : "behind"
        let what = "its clock is \(Self.words(abs(offset))) \(direction) ours"
        let advice =
            "no result depends on it (times in reports are the coordinator's), but times in its logs and files do, and "
            + "certificates or tokens may look expired: set it with timedatectl set-ntp true"
        return Finding(.note, what, advice: advice)
    }

    /// The offset for a table: `+0.0 s`, `+1 h 00 min`.
    var text: String { (offset < -0.05 ? "-" : "+") + Self.words(abs(offset)) }

    private static func words(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e12).rounded())
        let minutes = whole % 3600 / 60
        switch whole {
        case ..<120: return "\(Quantity.decimal(seconds)) s"
        case ..<3600: return "\(minutes) min"
        case ..<172_800: return "\(whole / 3600) h \(minutes < 10 ? "0" : "")\(minutes) min"
        default: return "\(whole / 86_400) days"
        }
    }
}
