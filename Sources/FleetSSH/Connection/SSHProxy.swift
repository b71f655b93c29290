/// What lies between this machine and a target.
public indirect enum SSHProxy: Sendable {
    /// Nothing: a TCP connection.
    case none
    /// Another host, logged in to with its own keys and its own host-key check, through a tunnel from there.
    case jump(SSHTarget)
    /// A command whose standard streams are the connection, and what starts it.
    case command(String, start: SSHProxyProgram.Start)
}

/// A program that was started to be a connection: what it reads goes to the host, what it prints comes from there.
public struct SSHProxyProgram: Sendable {
    /// Starts a command, already complete, with a shell.
    public typealias Start = @Sendable (String) throws -> SSHProxyProgram

    /// Our end of the pipe to its standard input; belongs to whoever gets this value.
    public var input: Int32
    /// Our end of the pipe from its standard output; belongs to whoever gets this value.
    public var output: Int32
    /// Ends it and what it started; returns when it is gone. May be called again.
    public var end: @Sendable () async -> Void
    /// How it ended by itself and what it complained about; nil while it runs.
    public var verdict: @Sendable () async -> String?

    /// Wraps a program that runs.
    public init(
        input: Int32, output: Int32, end: @escaping @Sendable () async -> Void,
        verdict: @escaping @Sendable () async -> String?
    ) {
        self.input = input
        self.output = output
        self.end = end
        self.verdict = verdict
    }
}
