import FleetModel

/// Asks hosts what they are and have.
enum HostExamination {
    /// The stage of errors that an examination has explained.
    static let stage = "examination"

    /// Runs the probe on a host.
    ///
    /// - Throws: `LinkError` when the host cannot be reached or answers nothing of use.
    static func facts(of host: any HostShell, bundles: BundleShelf) async throws(LinkError) -> HostFacts {
        let probe = HostProbe(workdirWord: host.workdirWord, libraries: bundles.libraries)
        let outcome = try await host.shell(probe.script, limit: HostProbe.limit)
        guard let facts = HostFacts(outcome.output) else {
            let words = (outcome.errors + outcome.output).prefix(300)
            throw LinkError(
                .permanent,
                "the login shell of the host ran no command of ours (status \(outcome.status)); it printed: \(words)")
        }
        return facts
    }

    /// Refuses a host on which our programs cannot run, before they are sent there.
    static func require(_ host: any HostShell, bundles: BundleShelf) async throws(LinkError) {
        let facts = try await facts(of: host, bundles: bundles)
        if let obstacle = Examination(facts: facts, bundles: bundles).obstacle { throw refusal(obstacle) }
    }

    /// A failure in words that help: when the host itself is the reason, what it lacks and what to do.
    static func explained(_ error: LinkError, on host: any HostShell, bundles: BundleShelf) async -> LinkError {
        // Who could not even log in has said why; other failures may have a cause that the host can name.
        let mayBeTheHost = error.stage == nil ? error.kind == .permanent : error.stage == "transfer"
        guard mayBeTheHost, let facts = try? await facts(of: host, bundles: bundles),
            let obstacle = Examination(facts: facts, bundles: bundles).obstacle
        else { return error }
        return refusal(obstacle)
    }

    private static func refusal(_ obstacle: Finding) -> LinkError {
        var error = LinkError(.permanent, obstacle.sentence)
        error.stage = stage
        return error
    }
}
