/// What this program calls itself.
public enum AgentVersion {
    /// Name and version, for people and for the greeting.
    public static let program = "provisioning-fleet agent 0.1"
}
