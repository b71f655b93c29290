import FleetHTTP
import FleetSystem

/// What a service must answer before it counts as ready.
enum HealthGate: Sendable, Hashable {
    /// Status 200, for who logs in where a value of `Authorization` is given.
    case http(url: String, authorization: String? = nil)
    /// The zone's SOA over UDP, with authority.
    case dns(address: String, port: Int, zone: String)
    /// Takes a connection.
    case tcp(address: String, port: Int)
    /// PostgreSQL asks who comes in.
    case postgresql(address: String, port: Int)

    /// What is tried, for people.
    var description: String {
        switch self {
        case .http(let url, _): "GET \(url)"
        case .dns(let address, let port, let zone): "SOA \(zone) from \(address):\(port)"
        case .tcp(let address, let port): "connecting to \(address):\(port)"
        case .postgresql(let address, let port): "connecting to PostgreSQL on \(address):\(port)"
        }
    }

    /// Tries once; nil when the answer is right, else what came instead.
    func problem(client: HTTPClient) async -> String? {
        switch self {
        case .http(let url, let authorization):
            var request = HTTPRequest(url: url, timeout: .seconds(2), bodyLimit: 1 << 20)
            if let authorization { request.headers["Authorization"] = authorization }
            do {
                let response = try await client.execute(request)
                return response.status == 200 ? nil : "status \(response.status): \(response.text.prefix(200))"
            } catch {
                return error.detail
            }
        case .dns(let address, let port, let zone):
            return await DNSQuery.problem(address: address, port: port, zone: zone, within: .milliseconds(500))
        case .tcp(let address, let port):
            return TCPProbe.problem(address: address, port: port)
        case .postgresql(let address, let port):
            return await PostgreSQLProbe.problem(address: address, port: port, within: .milliseconds(500))
        }
    }
}
