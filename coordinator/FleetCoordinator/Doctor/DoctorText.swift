import FleetModel
import FleetReports

/// What the doctor found, for people: a table, then what each host lacks and what mends it.
struct DoctorText {
    private let diagnoses: [HostDiagnosis]

    init(_ diagnoses: [HostDiagnosis]) { self.diagnoses = diagnoses }

    /// The whole text.
    func render() -> String {
        ([table] + diagnoses.compactMap(details) + [verdict]).joined(separator: "\n")
    }

    private static let head = [
        "HOST", "STATE", "SYSTEM", "CPU", "MEMORY", "LOAD", "FREE", "C LIBRARY", "CLOCK", "MODES",
    ]

    private var table: String {
        let rows = [Self.head] + diagnoses.map(row)
        let widths = Self.head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    private func row(_ host: HostDiagnosis) -> [String] {
        let machine = host.platform.flatMap { $0.split(separator: "-").last }.map(String.init)
        let cpu = [host.processors.map { "\($0) ×" }, machine].compactMap(\.self).joined(separator: " ")
        let memory = host.memory.map(Quantity.size) ?? "–"
        let modes = host.modes.filter(\.lacks.isEmpty).map(\.mode.rawValue).joined(separator: ",")
        let system = (host.system ?? "–").replacing(" GNU/Linux", with: "")
        return [
            host.name, host.state.rawValue, String(PlainText.line(system).prefix(28)), cpu.isEmpty ? "–" : cpu, memory,
            host.load.map(Quantity.decimal) ?? "–", host.freeSpace.map(Quantity.size) ?? "–",
            host.libc.map { String(PlainText.line($0).prefix(20)) } ?? "–", host.clock?.text ?? "–",
            modes.isEmpty ? "–" : modes,
        ]
    }

    private func details(_ host: HostDiagnosis) -> String? {
        var lines = host.findings.map { finding in
            let mark = finding.weight == .note ? "·" : "✗"
            let what = finding.packages == nil ? finding.sentence : finding.what
            return "  \(mark) \(PlainText.line(what))"
        }
        for end in host.installations {
            lines.append("  $ \(end.command)  → " + (end.status == 0 ? "done" : "status \(end.status)"))
            if end.status != 0 { lines += Self.tail(of: end.output).map { "      \($0)" } }
        }
        if let mend = host.mend { lines.append("  mend: \(mend)") }
        return lines.isEmpty ? nil : (["", host.name] + lines).joined(separator: "\n")
    }

    private static func tail(of output: String) -> [String] {
        PlainText.block(output).split(separator: "\n").suffix(20).map(String.init)
    }

    private var verdict: String {
        let ready = diagnoses.count { $0.state == .ready }
        let all = "\(diagnoses.count) host\(diagnoses.count == 1 ? "" : "s")"
        return ready == diagnoses.count ? "\n\(all): nothing lacks" : "\n\(all): \(ready) ready"
    }
}
