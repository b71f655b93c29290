extension EnvironmentRequest: Decodable {
    private enum Field: String, CodingKey { case mode, driver, strictServices }

    /// Decodes a request; only `mode` has no default.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        self.init(
            mode: try container.decode(Mode.self, forKey: .mode),
            driver: try container.decodeIfPresent(Driver.self, forKey: .driver),
            strictServices: try container.decode(.strictServices, default: false))
    }
}
