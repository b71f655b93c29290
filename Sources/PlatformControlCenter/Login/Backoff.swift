/// How long a name is locked out after wrong passwords: not at all for the first four, then twice as long each time.
enum Backoff {
    /// Seconds after that many failures in a row, at most five minutes.
    static func seconds(after failures: Int) -> Int {
        guard failures >= 5 else { return 0 }
        return min(300, 1 << min(failures - 5, 9))
    }
}
