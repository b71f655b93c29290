import Testing

extension Integration {
    /// The lab itself.
    @Suite(.serialized, .enabled("no lab can be made here (needs root and namespaces)", Lab.isPossible))
    struct LabTests {
        @Test func selfTestPasses() async throws {
            try await Scratch.with { scratch in
                let end = try await RunningProgram.run(
                    ["\(Programs.repository)/Tests/Lab/selftest"], in: scratch, within: .seconds(180))
                #expect(end.status == 0, "\(end)")
            }
        }
    }
}
