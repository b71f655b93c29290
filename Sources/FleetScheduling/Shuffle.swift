import FleetModel

/// An order of tests by chance, which its seed gives again.
///
/// A test stands before or behind another whatever other tests there are, so that a choice of them keeps its order.
public struct Shuffle: Hashable, Sendable {
    /// What the order comes from.
    public let seed: UInt64

    /// The order of a seed.
    public init(seed: UInt64) { self.seed = seed }

    /// Where a test stands: lower numbers come first.
    func place(of test: TestID) -> UInt64 {
        // FNV-1a over the id, then the finaliser of SplitMix64, which lets each bit change all others.
        let hash = test.description.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        var number = hash ^ seed &* 0x9e37_79b9_7f4a_7c15
        number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
        return number ^ number >> 31
    }
}
