#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Signals in the words that people know.
enum SignalName {
    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
        SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]

    /// What killed a process, such as `killed by SIGSEGV`.
    static func sentence(_ signal: Int32) -> String {
        let name = names[signal] ?? "signal \(signal)"
        return signal == SIGKILL ? "killed by SIGKILL, perhaps out of memory" : "killed by \(name)"
    }
}
