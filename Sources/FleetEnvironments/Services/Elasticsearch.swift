import FleetModel
import FleetTestKit

/// The builtin Elasticsearch, which wants a login.
enum Elasticsearch {
    private static let user = "elastic"

    static let backing = PlatformProgram(
        service: "elasticsearch", gates: ["/_cluster/health"], hasMetrics: false
    ) { surroundings, _ in
        let password = surroundings.kept("elastic.secret")
        return PlatformProgram.Description(
            settings: ["username": .text(user), "password": .text(password.content)],
            secrets: ["username": user, "password": password.content], files: [password],
            authorization: Authorization.basic(user, password.content))
    }
}
