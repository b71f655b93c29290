import FleetModel
import FleetScheduling

@testable import FleetCoordinator

/// What must hold for any bytes whatever in the files that a coordinator reads; the fuzzers and unit tests ask it.
enum InputCheck {
    /// What does not hold for a journal; nil when everything does.
    static func problem(withJournal bytes: [UInt8]) -> String? {
        // As it is, and with a sum behind every line, because no fuzzer guesses sums.
        let sealed = bytes.split(separator: UInt8(ascii: "\n")).flatMap { JournalLine.sealed($0) }
        return problem(withWhole: bytes) ?? problem(withWhole: sealed)
    }

    private static func problem(withWhole bytes: [UInt8]) -> String? {
        let content = JournalContent(bytes, file: "journal")
        guard content.wholeLength + content.tornLength == bytes.count else { return "bytes are missing" }
        let again = JournalContent(Array(bytes[..<content.wholeLength]), file: "journal")
        guard again.entries == content.entries, again.tornLength == 0 else { return "cutting the end changes the rest" }
        for failsFast in [false, true] {
            let settings = Dispatcher.Settings(retries: 1, failsFast: failsFast)
            var run = RecoveredRun(content.entries, settings: settings)
            run.apply(JournalEntry(time: "now", event: .resumed(.init(remaining: 0, torn: 0))))
            let lanes = ["h1", "h2"].map { LaneCapacity(id: LaneID(host: HostID($0), index: 0), workers: 2) }
            let plan = ShardPlanner().plan(Estimates().jobs(for: run.waiting), on: lanes)
            var dispatcher = Dispatcher(resuming: run, plan: plan, lanes: lanes, settings: settings)
            _ = dispatcher.begin(unplaced: plan.unplaced)
            for lane in lanes {
                let epoch = run.hosts[lane.id.host]?.epoch ?? Epoch(rawValue: 1)
                _ = dispatcher.hostReady(lane.id.host, epoch: epoch, modes: [.solo])
                _ = dispatcher.hostLost(lane.id.host, reason: "gone", cause: .host, isFinal: true)
            }
            guard dispatcher.isOver else { return "without a host the run does not end" }
            let missing = dispatcher.tests.values.filter { $0.outcome == nil }
            guard missing.isEmpty else { return "\(missing.count) tests have no outcome" }
        }
        var record = RunRecord()
        for entry in content.entries { record.apply(entry) }
        _ = record.report
        return nil
    }

    /// What does not hold for a hosts.txt.
    static func problem(withHosts bytes: [UInt8]) -> String? {
        do {
            for host in try Inventory.parse(String(decoding: bytes, as: UTF8.self), file: "hosts.txt", home: "/h").hosts
            {
                guard (1...256).contains(host.slots), host.environments >= 1,
                    host.slots.isMultiple(of: host.environments)
                else { return "\(host.id) has \(host.slots) slots in \(host.environments) environments" }
            }
            return nil
        } catch {
            return problem(with: error, lines: bytes.count { $0 == 10 } + 1)
        }
    }

    /// What does not hold for a suite file.
    static func problem(withSuite bytes: [UInt8]) -> String? {
        do {
            let content = try SuiteFile.parse(String(decoding: bytes, as: UTF8.self), file: "suite.yaml")
            guard !content.tests.isEmpty else { return "it declares no test and is no error" }
            for test in content.tests where !(test.timeout > 0) || test.weight < 1 { return "\(test.id) is not sound" }
            return nil
        } catch {
            return problem(with: error, lines: bytes.count + 1)
        }
    }

    /// An error names a place that is there, in words that fit on a screen.
    private static func problem(with errors: InputErrors, lines: Int) -> String? {
        guard !errors.errors.isEmpty else { return "an error without a word" }
        for error in errors.errors {
            if let line = error.line, line < 1 || line > lines + 1 { return "line \(line) is not in the file" }
            if error.message.utf8.count > 4096 { return "a message of \(error.message.utf8.count) bytes" }
        }
        return nil
    }
}
