import BuiltinSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Dates as Elasticsearch reads them: `strict_date_optional_time||epoch_millis`, and date mathematics.
enum ElasticTime {
    private static let dayLength = 86_400_000.0

    /// Milliseconds since 1970 that a value of a date field stands for; nil when it is no date.
    static func millis(_ value: JSON) -> Double? {
        if let number = value.double { return number }
        guard let text = value.string else { return nil }
        if text.count > 4, let number = Double(text) { return number }
        return parse(text)
    }

    /// As ``millis(_:)``, and with `now`, `||`, `+1d` and `/d`; `up` rounds to the end of a unit instead of its beginning.
    static func resolved(_ value: JSON, up: Bool) -> Double? {
        guard let text = value.string else { return millis(value) }
        if text.hasPrefix("now") {
            return calculate(Date().timeIntervalSince1970 * 1000, text.dropFirst(3), up: up)
        }
        guard let range = text.firstRange(of: "||") else { return millis(value) }
        return parse(String(text[..<range.lowerBound])).flatMap { calculate($0, text[range.upperBound...], up: up) }
    }

    /// A time as `2025-10-06T08:30:00.000Z`.
    static func text(_ millis: Double) -> String {
        let date = Date(timeIntervalSince1970: millis / 1000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func parse(_ text: String) -> Double? {
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard (1...3).contains(date.count), date[0].count == 4, let year = Int(date[0]) else { return nil }
        guard let month = part(date, 1, 1...12), let day = part(date, 2, 1...31) else { return nil }
        let midnight = Double(days(year, month, day)) * dayLength
        guard halves.count == 2 else { return midnight }
        var clock = halves[1]
        var offset = 0.0
        if clock.last == "Z" {
            clock.removeLast()
        } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let zone = clock[clock.index(after: sign)...].filter { $0 != ":" }
            guard zone.count == 4 || zone.count == 2, let hours = Int(zone.prefix(2)) else { return nil }
            let minutes = Int(zone.dropFirst(2)) ?? 0
            offset = Double(hours * 60 + minutes) * 60_000 * (clock[sign] == "-" ? -1 : 1)
            clock = clock[..<sign]
        }
        let time = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(time.count), let hour = part(time, 0, 0...24), let minute = part(time, 1, 0...59) else {
            return nil
        }
        guard let second = time.count > 2 ? Double(time[2].replacing(",", with: ".")) : 0, second < 61 else {
            return nil
        }
        return midnight + Double(hour * 60 + minute) * 60_000 + (second * 1000).rounded(.down) - offset
    }

    private static func part(_ parts: [Substring], _ index: Int, _ range: ClosedRange<Int>) -> Int? {
        guard index < parts.count else { return range.lowerBound }
        guard parts[index].count == 2, let value = Int(parts[index]), range.contains(value) else { return nil }
        return value
    }

    /// Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant's method).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Year and month of a time.
    private static func yearAndMonth(_ millis: Double) -> (year: Int, month: Int) {
        let parts = text(millis).split(separator: "-")
        return (Int(parts[0]) ?? 1970, Int(parts[1]) ?? 1)
    }

    private static func calculate(_ start: Double, _ steps: Substring, up: Bool) -> Double? {
        var time = start
        var rest = steps
        while let operation = rest.popFirst() {
            let digits = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let unit = rest.popFirst() else { return nil }
            switch operation {
            case "+", "-":
                let amount = (Int(digits) ?? 1) * (operation == "-" ? -1 : 1)
                guard let moved = advance(time, by: amount, unit) else { return nil }
                time = moved
            case "/":
                guard let begin = floor(time, to: unit), let next = advance(begin, by: 1, unit) else { return nil }
                time = up ? next - 1 : begin
            default: return nil
            }
        }
        return time
    }

    /// The time that many units later; units are `y M w d h H m s`.
    static func advance(_ time: Double, by amount: Int, _ unit: Character) -> Double? {
        if let length = fixed[unit] { return time + Double(amount) * length }
        guard unit == "M" || unit == "y" || unit == "q" else { return nil }
        let months = amount * (unit == "y" ? 12 : unit == "q" ? 3 : 1)
        let (year, month) = yearAndMonth(time)
        let begin = Double(days(year, month, 1)) * dayLength
        let total = year * 12 + month - 1 + months
        let first = days(total / 12, total % 12 + 1, 1)
        // The 31st becomes the last day of a shorter month.
        let last = days((total + 1) / 12, (total + 1) % 12 + 1, 1) - 1
        let within = time - begin
        let day = min(Int(within / dayLength), last - first)
        return Double(first + day) * dayLength + within.truncatingRemainder(dividingBy: dayLength)
    }

    /// The beginning of the unit that a time lies in; weeks begin on Monday.
    static func floor(_ time: Double, to unit: Character) -> Double? {
        switch unit {
        case "M", "y", "q":
            let (year, month) = yearAndMonth(time)
            let first = unit == "y" ? 1 : unit == "q" ? (month - 1) / 3 * 3 + 1 : month
            return Double(days(year, first, 1)) * dayLength
        case "w":
            // 1970-01-01 was a Thursday.
            return ((time / dayLength).rounded(.down) + 3).quotientFloor(7) * 7 * dayLength - 3 * dayLength
        default:
            guard let length = fixed[unit] else { return nil }
            return time.quotientFloor(length) * length
        }
    }

    /// Milliseconds of the units that have always the same length.
    static let fixed: [Character: Double] = [
        "w": 7 * dayLength, "d": dayLength, "h": 3_600_000, "H": 3_600_000, "m": 60_000, "s": 1000,
    ]
}

extension Double {
    fileprivate func quotientFloor(_ divisor: Double) -> Double { (self / divisor).rounded(.down) }
}
