import Crypto
import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile

/// An extension artifact made by a test and pushed to a real registry.
struct TestArtifact: Sendable {
    var name: String
    var version: String
    var files: [String: String]
    /// What it needs, as JSON.
    var needs = "[]"

    /// A taskserv whose daemon listens on a port of the server and answers with a line.
    static func listener(_ name: String, version: String = "1.0.0") -> TestArtifact {
        let install = """
            #!/bin/sh
            set -e
            echo "installing $TASKSERV_NAME $TASKSERV_VERSION on $SERVER_NAME"
            setsid perl daemon.pl "$SERVER_ADDRESS" </dev/null >daemon.log 2>&1 &
            echo $! > pid
            tries=0
            while [ ! -s port ]; do
                tries=$((tries + 1)); [ $tries -lt 100 ] || { cat daemon.log; exit 1; }
                sleep 0.05
            done
            echo "listens on $SERVER_ADDRESS port $(cat port)"
            """
        let daemon = """
            use IO::Socket::INET;
            my $listener = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 0, Listen => 5) or die "listen: $!";
            open(my $file, '>', 'port.new') or die; print $file $listener->sockport; close $file; rename 'port.new', 'port';
            while (my $peer = $listener->accept) { print $peer "hello\\n"; close $peer }
            """
        let check = "#!/bin/sh\nkill -0 \"$(cat pid)\" && echo alive\n"
        let remove = "#!/bin/sh\n[ -f pid ] && kill \"$(cat pid)\"\necho removed\n"
        return TestArtifact(
            name: name, version: version,
            files: ["install": install, "daemon.pl": daemon, "check": check, "remove": remove])
    }

    /// Packs and pushes it. With `damaged` the archive in the registry is not what the manifest says.
    func push(to registry: RegistryServer) async throws {
        let repository = "extensions/taskserv/\(name)"
        let archive = try await packed()
        let layer = try await pushBlob(archive, repository, registry)
        let config = try await pushBlob(Data("{}".utf8), repository, registry)
        let artifacts = InterfaceProfile.standard.artifacts
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(artifacts.manifestMediaType)","artifactType":"\(artifacts.artifactType)",\
            "config":{"mediaType":"\(artifacts.configMediaType)","digest":"\(config)","size":2},\
            "layers":[{"mediaType":"\(artifacts.layerMediaType)","digest":"\(layer)","size":\(archive.count)}],\
            "annotations":{"\(artifacts.nameAnnotation)":"\(name)"}}
            """
        let answer = try await HTTP.send(
            "PUT", "\(registry.url)/v2/\(repository)/manifests/\(version)", body: Data(manifest.utf8),
            headers: ["Content-Type": artifacts.manifestMediaType])
        guard answer.status == 201 else { throw TestServiceError("manifest: \(answer.status) \(answer.text)") }
    }

    private func packed() async throws -> Data {
        let directory = try TestService.temporaryDirectory("artifact")
        defer { _ = DirectoryTree.remove(directory) }
        let manifest =
            #"{"type":"taskserv","name":"\#(name)","version":"\#(version)","description":"of a test","dependencies":\#(needs)}"#
        for (file, text) in files.merging(["extension.json": manifest], uniquingKeysWith: { first, _ in first }) {
            try AtomicFile.write(Array(text.utf8), to: "\(directory)/\(file)", mode: 0o755)
        }
        let archive = "\(directory).tar.gz"
        defer { try? FileManager.default.removeItem(atPath: archive) }
        let result = try await Program.run("tar", ["-czf", archive, "-C", directory, "."])
        guard result.status.isSuccess else { throw TestServiceError("tar: \(result.output)") }
        return try Data(contentsOf: URL(fileURLWithPath: archive))
    }

    private func pushBlob(_ data: Data, _ repository: String, _ registry: RegistryServer) async throws -> String {
        let digest = "sha256:" + SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
        let begun = try await HTTP.send("POST", "\(registry.url)/v2/\(repository)/blobs/uploads/")
        guard begun.status == 202, let location = begun.headers["location"] else {
            throw TestServiceError("upload: \(begun.status) \(begun.text)")
        }
        let separator = location.contains("?") ? "&" : "?"
        let done = try await HTTP.send(
            "PUT", "\(location)\(separator)digest=\(digest)", body: data,
            headers: ["Content-Type": "application/octet-stream"])
        guard done.status == 201 else { throw TestServiceError("blob: \(done.status) \(done.text)") }
        return digest
    }
}
