import FleetModel

/// Temporary.
struct ServiceEnvironmentMaker: EnvironmentMaker {
    let agent: String
    let driver: Driver?
    struct None: Error {}
    func bringUp(_ request: EnvironmentRequest, name: String, directory: String) async throws -> any EnvironmentHolder {
        throw None()
    }
}
