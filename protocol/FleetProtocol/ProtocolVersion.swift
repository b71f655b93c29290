/// The limits and the version that both sides agree on.
public enum ProtocolVersion {
    /// The version that this code speaks; peers of another version are refused at `hello`.
    public static let current = 1
    /// The longest line in bytes, without its line feed.
    public static let maximumLineLength = 1 << 20
}
