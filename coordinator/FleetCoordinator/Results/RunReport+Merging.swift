import FleetModel

extension RunReport {
    /// Several runs as one report: every test once, with the attempts of all runs; nil when there is no run.
    ///
    /// A test that failed in one run and passed in another is flaky: nothing hides a failure. The name is that of the
    /// run that began last.
    init?(merging reports: [RunReport]) {
        let reports = reports.sorted { $0.run.started < $1.run.started }
        guard let last = reports.last else { return nil }
        guard reports.count > 1 else {
            self = last
            return
        }
        var tests: [TestID: Test] = [:]
        var hosts: [HostID: Host] = [:]
        var order: [HostID] = []
        for report in reports {
            for test in report.tests { tests[test.id] = tests[test.id]?.merged(with: test) ?? test }
            for host in report.hosts {
                if hosts[host.name] == nil { order.append(host.name) }
                hosts[host.name] = hosts[host.name]?.merged(with: host) ?? host
            }
        }
        let all = tests.values.sorted { $0.id < $1.id }
        var tested: [String] = []
        for report in reports where !tested.contains(report.run.tested) { tested.append(report.run.tested) }
        let isComplete = all.allSatisfy { !$0.outcome.isMissing }
        let run = Run(
            id: last.run.id, exit: exit(of: all, in: reports), complete: isComplete, started: reports[0].run.started,
            seconds: reports.reduce(0) { $0 + $1.run.seconds }, tested: tested.joined(separator: "; "))
        self.init(run: run, hosts: order.compactMap { hosts[$0] }, tests: all)
    }
}

/// The exit status of a merged report.
///
/// What another run has made good counts no more, but a run that did not pass for a reason beside its outcomes (it was
/// interrupted, or too few hosts took part) has not passed here either.
private func exit(of tests: [RunReport.Test], in reports: [RunReport]) -> Int {
    if tests.contains(where: \.outcome.isRed) { return 1 }
    if tests.contains(where: \.outcome.isMissing) { return 2 }
    let unexplained = reports.filter { report in
        report.run.exit != 0 && report.tests.allSatisfy { !$0.outcome.isRed && !$0.outcome.isMissing }
    }
    return unexplained.map(\.run.exit).max() ?? 0
}

extension RunReport.Test {
    /// The same test of an earlier and of a later run.
    fileprivate func merged(with later: RunReport.Test) -> RunReport.Test {
        var merged = later
        merged.attempts = (attempts + later.attempts).sorted { $0.start < $1.start }
        switch (outcome, later.outcome) {
        case (_, .notRun), (_, .noInterface):
            (merged.outcome, merged.cause) = (outcome, cause)
        case (.notRun, _), (.noInterface, _): break
        case (let early, let late) where early.isRed != late.isRed || early == .flaky || late == .flaky:
            // A skip says nothing about a failure.
            let isPass = early == .passed || late == .passed || early == .flaky || late == .flaky
            let red = early.isRed ? (early, cause) : (late, later.cause)
            (merged.outcome, merged.cause) = isPass ? (.flaky, .test) : red
        case (.passed, .skipped): (merged.outcome, merged.cause) = (outcome, cause)
        default: break
        }
        return merged
    }
}

extension RunReport.Host {
    /// The same host of an earlier and of a later run.
    fileprivate func merged(with later: RunReport.Host) -> RunReport.Host {
        var merged = later
        merged.lost = lost || later.lost
        merged.slots = max(slots, later.slots)
        let known = Set(services.map { "\($0.name) \($0.backing) \($0.version)" })
        merged.services = services + later.services.filter { !known.contains("\($0.name) \($0.backing) \($0.version)") }
        merged.notes = notes + later.notes
        return merged
    }
}
