/// A way to change a zone.
protocol DNSWriter: Sendable {
    /// Makes a name have exactly these records, none if there are none, and sees to it that the server says so. `all` are
    /// the records of all names, this one included.
    ///
    /// Throws `.unavailable` when the server does not answer, anything else when it does not want to.
    func put(_ name: DNSName, _ entries: [DNSEntry], all: [DNSName: [DNSEntry]]) async throws
}
