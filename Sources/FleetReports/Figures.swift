/// Numbers as the reports write them, without a locale.
enum Figures {
    /// Seconds with three decimals and a point; what is negative or no number becomes `0.000`.
    static func seconds(_ value: Double) -> String {
        let milliseconds = Self.milliseconds(value)
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// A duration for people: `0.42 s`, `12.3 s`, `3 min 05 s`, `1 h 02 min`.
    static func duration(_ value: Double) -> String {
        let milliseconds = Self.milliseconds(value)
        let whole = (milliseconds + 500) / 1000
        switch milliseconds {
        case ..<9_995:
            let hundredths = (milliseconds + 5) / 10
            return "\(hundredths / 100).\(twoDigits(hundredths % 100)) s"
        case ..<59_950:
            let tenths = (milliseconds + 50) / 100
            return "\(tenths / 10).\(tenths % 10) s"
        case ..<3_599_500:
            return "\(whole / 60) min \(twoDigits(whole % 60)) s"
        default:
            return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
        }
    }

    /// A size for people: `812 bytes`, `4.2 KiB`, `1.0 MiB`.
    static func size(_ bytes: Int) -> String {
        guard bytes >= 1024 else { return "\(bytes) bytes" }
        var tenths = bytes * 10 / 1024
        var unit = "KiB"
        for next in ["MiB", "GiB"] where tenths >= 10_240 {
            tenths /= 1024
            unit = next
        }
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }

    /// A count with its noun: `1 host`, `4 hosts`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func milliseconds(_ value: Double) -> Int {
        guard value.isFinite, value > 0 else { return 0 }
        return Int((min(value, 1e12) * 1000).rounded())
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
