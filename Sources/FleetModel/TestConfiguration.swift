/// What `test_config.yaml` says, with every default filled in; also what an agent takes as `--config FILE.json`.
public struct TestConfiguration: Hashable, Sendable, Codable {
    /// The least time limit of a test, in seconds; nil leaves each test its own.
    public var testTimeoutSeconds: Double?
    /// How environments are isolated; nil leaves it to hosts.txt and the hosts.
    public var driver: Driver?
    /// Whether a builtin backing is an error.
    public var strictServices: Bool
    /// Services, ports and limits.
    public var environment: EnvironmentSettings
    /// The directory of the user's own programs on this machine; nil: that of the bundle, if it has one.
    public var platformPrograms: String?

    /// Describes a configuration; all is standard at first.
    public init(
        testTimeoutSeconds: Double? = nil, driver: Driver? = nil, strictServices: Bool = false,
        environment: EnvironmentSettings = EnvironmentSettings()
    ) {
        self.testTimeoutSeconds = testTimeoutSeconds
        self.driver = driver
        self.strictServices = strictServices
        self.environment = environment
    }

    /// The same with every secret in it; the names of those that are not there are the error.
    ///
    /// - Parameter find: the secret that a reference means; nil when there is none.
    public func resolved(_ find: (SecretReference) -> String?) throws(MissingSecrets) -> TestConfiguration {
        var result = self
        var missing: [String] = []
        for (service, settings) in environment.services {
            for (index, backing) in settings.backings.enumerated() {
                for (name, reference) in backing.credentials {
                    if let value = find(reference) {
                        result.environment.services[service]?.backings[index].credentials[name] = .resolved(value)
                    } else {
                        missing.append("services.\(service), credential \(name): \(reference) is not there")
                    }
                }
            }
        }
        guard missing.isEmpty else { throw MissingSecrets(descriptions: missing.sorted()) }
        return result
    }
}

/// Secrets that a configuration names and that are not where it says.
public struct MissingSecrets: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for each.
    public var descriptions: [String]

    /// One line for each.
    public var description: String { descriptions.joined(separator: "\n") }
}
