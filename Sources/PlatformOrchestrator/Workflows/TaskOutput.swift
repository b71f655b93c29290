/// What a task printed so far: bounded, head and tail are kept and the cut is marked.
actor TaskOutput {
    /// Bytes that are kept of the beginning, and of the end.
    static let half = 32 * 1024

    private var head = ""
    private var tail = ""
    private var dropped = 0

    /// Adds one line, or several.
    func add(_ line: String) {
        let line = line.hasSuffix("\n") ? line : line + "\n"
        guard tail.isEmpty, dropped == 0, head.utf8.count + line.utf8.count <= Self.half else {
            tail += line
            trim()
            return
        }
        head += line
    }

    /// All that is kept.
    var text: String {
        dropped == 0 ? head + tail : head + "… \(dropped) bytes left out …\n" + tail
    }

    private func trim() {
        let surplus = tail.utf8.count - Self.half
        guard surplus > 0 else { return }
        let kept = String(decoding: tail.utf8.dropFirst(surplus), as: UTF8.self)
        dropped += surplus
        tail = kept
    }
}
