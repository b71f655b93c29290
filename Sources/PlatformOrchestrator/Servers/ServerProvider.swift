import PlatformService

/// Where servers come from. One of each kind serves all orders.
protocol ServerProvider: Sendable {
    /// Its name in orders and records.
    var name: String { get }
    /// True when its servers are entries of an inventory and no more: nobody can log in to them.
    var isSimulated: Bool { get }
    /// The network that it gives addresses of.
    var network: IPv4Network { get }

    /// Fills in what an order leaves open. Throws when there is no such zone or plan.
    func placement(zone: String?, plan: String?) throws(PlatformError) -> Placement
    /// Makes a server and returns when it runs. After an error nothing of it is left, or `remove` takes it away.
    func create(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> ProvidedServer
    /// Gives a running server another address: the wanted one, or any. It is started anew there.
    func move(_ server: ServerRecord, to: IPv4Address?, avoiding: Set<IPv4Address>) async throws -> ProvidedServer
    /// Gives a server another plan. Throws when there is no such plan.
    func resize(_ server: ServerRecord, to plan: String) async throws
    /// After a start of the orchestrator: sees to it that a server runs which should, at its address if that can be.
    func resume(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> ProvidedServer
    /// Takes away whatever there is of a server; nothing is no error.
    func remove(_ hostname: String) async throws
    /// How to log in to a server. Throws when nobody can.
    func login(to server: ServerRecord) throws(PlatformError) -> RemoteShell.Target
    /// True while the server runs, as far as is known.
    func isRunning(_ server: ServerRecord) -> Bool
    /// Stops what runs on this host; records and data stay.
    func stopAll() async
    /// What can be ordered.
    var offer: ProviderOffer { get }
}

/// Where in a provider a server is, and how large.
struct Placement: Sendable, Codable, Hashable {
    var zone: String
    var plan: String
}

/// What a provider says of a server that runs.
struct ProvidedServer: Sendable, Hashable {
    /// The provider's own name for it.
    var id: String
    var address: IPv4Address
    var sshPort: Int?
    var sshUser: String?
    /// The two words of a known_hosts line.
    var sshHostKey: String?
}

/// What can be ordered from a provider.
struct ProviderOffer: Sendable, Encodable, Hashable {
    let name: String
    let simulated: Bool
    let zones: [String]
    let plans: [String]
    let network: String
    /// Servers that it has.
    let servers: Int
    /// Servers that it can have at once in one zone.
    let capacity: Int
}

/// The providers by name.
struct Providers: Sendable {
    /// The one that is meant when none is named.
    static let standard = "local"

    let all: [any ServerProvider]
    /// Logs in to servers.
    let shell: RemoteShell

    /// The provider of that name. Throws with the names that there are.
    func named(_ name: String) throws(PlatformError) -> any ServerProvider {
        guard let found = all.first(where: { $0.name == name }) else {
            let known = all.map(\.name).joined(separator: ", ")
            throw PlatformError(.invalid, "provider: \"\(name)\" is none of \(known)")
        }
        return found
    }

    /// The provider of a server.
    func of(_ server: ServerRecord) throws(PlatformError) -> any ServerProvider { try named(server.provider) }

    /// True while the server runs.
    func isRunning(_ server: ServerRecord) -> Bool {
        (try? of(server))?.isRunning(server) ?? false
    }

    /// Stops what runs on this host.
    func stopAll() async {
        for provider in all { await provider.stopAll() }
    }
}
