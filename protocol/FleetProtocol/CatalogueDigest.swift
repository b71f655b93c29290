import Crypto
public import FleetModel

/// The fingerprint by which coordinator and agent know that they mean the same tests.
public enum CatalogueDigest {
    /// SHA-256 of the tests, 64 hexadecimal digits: one line of JSON a test, ordered by id, each with a line feed.
    ///
    /// The lines have the form that the candidates of a `shard` have, with the fields ordered by name. The order of
    /// `tests` does not matter.
    ///
    /// - Throws: `EncodingError` when an estimate or a time limit is not finite.
    public static func digest(of tests: [TestCase]) throws -> String {
        var hash = SHA256()
        for test in tests.sorted(by: { $0.id < $1.id }) {
            hash.update(data: try MessageCoder.json(test))
            hash.update(data: [UInt8(ascii: "\n")])
        }
        return Hexadecimal.encode(hash.finalize())
    }
}
