/// The limits and the version that both sides agree on.
public enum ProtocolVersion {
    /// The version that this code speaks; peers of another version are refused at `hello`.
    public static let current = 1
    /// The longest line in bytes, without its line feed.
    public static let maximumLineLength = 1 << 20
    /// How many arrays and objects may be open at once in a line, the message itself included.
    public static let maximumDepth = 64
    /// The largest whole number in any field: every JSON implementation holds it exactly.
    public static let maximumInteger = (1 << 53) - 1
    /// The largest count of slots, and so of lanes, of one agent.
    public static let maximumSlots = 256
    /// The largest piece of a file in one `chunk`, in bytes before base64.
    public static let maximumChunk = 512 << 10
}
