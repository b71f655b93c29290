import FleetSSH
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Asks for the passphrase of a key on the terminal of whoever started the program, without echo.
///
/// The answer goes from here to libssh2 and nowhere else: no argument, no variable, no file.
struct PassphrasePrompt {
    /// So long somebody may take for one answer.
    static let patience = Duration.seconds(120)

    /// Opens keys for one run.
    static func unlocker() -> KeyUnlocker {
        KeyUnlocker { question in
            await withCheckedContinuation { continuation in
                // Typing takes long, and nothing else may wait for it.
                DedicatedThread.start { continuation.resume(returning: ask(question)) }
            }
        }
    }

    /// Nil when nobody can be asked: there is no terminal, or it belongs to another job now. Blocks.
    private static func ask(_ question: KeyUnlocker.Question) -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        guard tcgetpgrp(terminal) == getpgrp() else { return nil }
        return PassphrasePrompt(terminal: terminal).ask(question)
    }

    private let terminal: Int32

    private func ask(_ question: KeyUnlocker.Question) -> String? {
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { return nil }
        var silent = before
        // Ctrl-C arrives as a byte, so that the terminal is never left without echo.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return nil }
        say((question.wrongAnswers > 0 ? "That was wrong. " : "") + "Passphrase for \(question.path): ")
        let (answer, isInterrupted) = line()
        say("\n")
        _ = tcsetattr(terminal, TCSAFLUSH, &before)
        if isInterrupted { _ = kill(getpid(), SIGINT) }
        return answer
    }

    private func say(_ text: String) { _ = text.withCString { write(terminal, $0, strlen($0)) } }

    private func line() -> (answer: String?, isInterrupted: Bool) {
        var line = PassphraseLine()
        let end = ContinuousClock.now + Self.patience
        while true {
            let left = (end - ContinuousClock.now).components.seconds
            guard left > 0 else { return (nil, false) }
            var poller = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, Int32(left) * 1000)
            if ready < 0 && errno == EINTR { continue }
            var byte: UInt8 = 0
            guard ready > 0, read(terminal, &byte, 1) == 1 else { return (nil, false) }
            switch line.type(byte) {
            case .more: continue
            case .done: return (line.text, false)
            case .declined: return (nil, false)
            case .interrupted: return (nil, true)
            }
        }
    }
}
