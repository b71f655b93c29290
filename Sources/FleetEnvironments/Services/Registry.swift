import FleetModel
import FleetSystem

/// The OCI registry of Debian's docker-registry package: files below its directory, deletion allowed.
struct DockerRegistry: ServiceBacking {
    var service = "registry"
    var kind: Backing { .native }
    var programs: [RequiredProgram] { [RequiredProgram(name: "docker-registry", from: .package("docker-registry"))] }

    func version(in surroundings: ServiceSurroundings) async -> String {
        // "docker-registry github.com/docker/distribution 2.8.2+ds1"
        let line = await ProgramVersion.firstLine(
            of: surroundings.program("docker-registry"), ["--version"], path: surroundings.plan.programPath)
        return "docker-registry \(ProgramVersion.lastWord(line) ?? "of unknown version")"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let url = "http://127.0.0.1:\(port)"
        let secret = surroundings.kept("http.secret")
        return ServiceLaunch(
            executable: surroundings.program("docker-registry"), arguments: ["serve", "\(directory)/config.yml"],
            files: [
                secret, .init(path: "\(directory)/config.yml", content: configuration(directory, port, secret.content)),
            ],
            directories: ["\(directory)/storage"],
            gates: [.http(url: "\(url)/v2/")],
            properties: ["url": url, "product": "docker-registry"])
    }

    private func configuration(_ directory: String, _ port: Int, _ secret: String) -> String {
        """
        version: 0.1
        log:
          level: info
          formatter: text
        storage:
          filesystem:
            rootdirectory: \(directory)/storage
          delete:
            enabled: true
          maintenance:
            uploadpurging:
              enabled: false
        http:
          addr: 127.0.0.1:\(port)
          secret: \(secret)

        """
    }
}
