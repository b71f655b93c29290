/// The paths of the extension registry, relative to its host; `{type}`, `{name}` and `{version}` stand for one path segment.
public struct ExtensionRegistryPaths: Sendable, Codable, Hashable {
    /// `GET` with `type`, `source`, `limit` (1 to 1000, default 100) and `offset`: a bare array, the newest version of each extension,
    /// once for each source that has it. `POST` of an archive as octet-stream with `source`: publishes it (201). The list is documented.
    public var extensions = "/api/v1/extensions"
    /// `GET` with `q`, and what the list takes: those whose name, description or tags hold the text.
    public var search = "/api/v1/extensions/search"
    /// `GET` with `source`: the newest version of one. Documented.
    public var extensionOne = "/api/v1/extensions/{type}/{name}"
    /// `GET` with `source`: all versions of one, the newest first.
    public var versions = "/api/v1/extensions/{type}/{name}/versions"
    /// `GET` with `source`: the archive of a version (or `latest`, or a constraint) as octet-stream.
    public var download = "/api/v1/extensions/{type}/{name}/{version}"
    /// `GET`: each backend with its state, always 200.
    public var health = "/health"
    /// `GET`: 200 when every backend answers, else 503 with those that do not.
    public var ready = "/ready"
    /// `GET`: Prometheus text.
    public var metrics = "/metrics"
    /// `GET`: what the cache holds and did.
    public var cacheStatistics = "/api/v1/cache/stats"
    /// `POST`: empties the cache.
    public var clearCache = "/api/v1/cache/clear"
    /// Header of a download: the digest of the archive, `sha256:…`.
    public var checksumHeader = "X-Checksum"
    /// Header of a list: a backend that did not answer, so that its extensions are missing.
    public var warningHeader = "Warning"

    /// The paths of the reference platform.
    public init() {}
}

/// Names on the extension registry's metrics page; none is documented.
public struct ExtensionRegistryMetrics: Sendable, Codable, Hashable {
    /// Counter with labels `method` and `status`: requests answered.
    public var requests = "provisioning_extension_registry_http_requests_total"
    /// Gauge with label `backend`: 1 when it answers, else 0.
    public var backends = "provisioning_extension_registry_backend_up"
    /// Counter: archives handed out.
    public var downloads = "provisioning_extension_registry_downloads_total"
    /// Counter: archives published.
    public var published = "provisioning_extension_registry_published_total"
    /// Counter with label `level` (`memory`, `disk`, `miss`): what answered when an archive was wanted.
    public var archives = "provisioning_extension_registry_archive_lookups_total"
    /// Counter with label `result` (`hit`, `miss`): what the cache of descriptions answered.
    public var descriptions = "provisioning_extension_registry_description_lookups_total"
    /// Gauge: seconds since the start.
    public var uptime = "provisioning_extension_registry_uptime_seconds"

    /// The names of the reference platform.
    public init() {}
}
