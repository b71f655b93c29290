import FleetModel

/// What a DNS server in a container has beside other containers: its port by UDP, too, and the zone as a file on the host,
/// which the orchestrator writes and the server reads again when it has changed.
///
/// An image without a command and files of its own is taken for CoreDNS.
enum CoreDNS {
    static let service = "dns"
    /// How long the server may take to read a changed file, in seconds.
    static let reloadSeconds = 5

    /// Where the file lies inside of the container: `/zone/zone`.
    private static let folder = "/zone"
    private static let standardPort = 53

    /// The settings with what CoreDNS needs, where they do not say it.
    static func completed(_ settings: BackingSettings) -> BackingSettings {
        guard settings.command.isEmpty, settings.files.isEmpty else { return settings }
        var settings = settings
        settings.containerPort = settings.containerPort ?? standardPort
        settings.command = ["-conf", "{directory}/Corefile"]
        settings.files = ["Corefile": configuration]
        settings.properties["transfer"] = settings.properties["transfer"] ?? "allowed"
        return settings
    }

    private static let configuration = """
        \(KnotDNS.zone):{port} {
            errors
            file \(folder)/zone {
                reload 1s
            }
            transfer {
                to *
            }
        }

        """

    static func zoneDirectory(in directory: String) -> String { "\(directory)\(folder)" }

    /// The zone as it is, or as it begins.
    static func zone(in surroundings: ServiceSurroundings) -> ServiceLaunch.File {
        var file = surroundings.kept("zone/zone") { KnotDNS.zoneText }
        // The orchestrator writes it while the server runs.
        file.isFollowed = true
        return file
    }

    static func properties(in directory: String) -> [String: String] {
        ["zone": KnotDNS.zone, "zone-file": "\(zoneDirectory(in: directory))/zone"]
    }

    /// As root, because the file is private and the images' own users cannot read it.
    static func arguments(in directory: String, port: Int, inside: Int) -> [String] {
        [
            "--user", "0", "--publish", "127.0.0.1:\(port):\(inside)/udp",
            "--volume", "\(zoneDirectory(in: directory)):\(folder):ro",
        ]
    }
}
