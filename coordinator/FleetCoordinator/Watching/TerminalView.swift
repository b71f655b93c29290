import FleetModel

/// The redrawn lines of a terminal: one for each host, then a bar.
struct TerminalView {
    /// How many slots of a host are drawn; what it does must stay on the line.
    private static let maximumSquares = 16

    private var drawnLines = 0

    /// Text that takes the drawn lines away.
    mutating func erase() -> String {
        defer { drawnLines = 0 }
        return drawnLines == 0 ? "" : "\u{1B}[\(drawnLines)A\u{1B}[J"
    }

    /// Text that replaces the drawn lines by the present ones.
    mutating func draw(_ model: ProgressModel, elapsed: Double, columns: Int) -> String {
        let lines = lines(model, elapsed: elapsed, columns: max(20, columns - 1))
        let text = erase() + lines.map { $0 + "\n" }.joined()
        drawnLines = lines.count
        return text
    }

    /// The lines themselves, none wider than the terminal.
    func lines(_ model: ProgressModel, elapsed: Double, columns: Int) -> [String] {
        let width = model.order.map(\.name.count).max() ?? 0
        let hosts = model.order.compactMap { name -> String? in
            guard let host = model.hosts[name] else { return nil }
            let padded = name.name + String(repeating: " ", count: width - name.name.count)
            let shown = min(host.slots, Self.maximumSquares)
            let running = min(host.running.count, shown)
            let busy = String(repeating: "▪", count: running)
            let idle = String(repeating: "·", count: shown - running)
            let done = "\(host.done) done"
            return "\(padded)  \(busy)\(idle)  \(done)  \(host.state)"
        }
        return (hosts + [bar(model, elapsed: elapsed, columns: columns)]).map { String($0.prefix(columns)) }
    }

    private func bar(_ model: ProgressModel, elapsed: Double, columns: Int) -> String {
        let red = model.redCount
        let left = model.settled == model.total ? "tearing down" : "about \(Int(model.secondsLeft.rounded(.up))) s left"
        let text = " \(model.settled)/\(model.total)\(red > 0 ? ", \(red) red" : ""), \(Int(elapsed)) s, \(left)"
        let room = max(4, min(40, columns - text.count))
        let filled = model.total == 0 ? 0 : model.settled * room / model.total
        return String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled) + text
    }
}
