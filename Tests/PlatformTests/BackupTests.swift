import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct BackupTests {
    private let paths = InterfaceProfile.standard.paths

    private func upload(_ archive: Data, to path: String, _ platform: TestPlatform) async throws -> HTTP.Answer {
        try await HTTP.send(
            "POST", "http://127.0.0.1:\(platform.port)\(path)", body: archive,
            headers: ["Content-Type": "application/octet-stream"])
    }

    @Test(.timeLimit(.minutes(2))) func workspaceComesBackAsItWas() async throws {
        try await TestPlatform.with { platform in
            let made = try await platform.send("POST", paths.workspaces, #"{"name":"shop"}"#).json["data"]
            let root = try #require(made["path"].string)
            try AtomicFile.write(Array("precious".utf8), to: "\(root)/infra/data.bin", mode: 0o640)
            try FileManager.default.createSymbolicLink(atPath: "\(root)/latest", withDestinationPath: "infra/data.bin")
            let answer = try await platform.send("POST", filledPath(paths.workspaceBackup, "shop"))
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.json["data"]["id"].string)
            let archive = try await platform.get(filledPath(paths.workspaceArchive, "shop", id)).body
            try FileManager.default.removeItem(atPath: "\(root)/infra/data.bin")
            try AtomicFile.write(Array("new".utf8), to: "\(root)/infra/other")

            let body = #"{"backup":"\#(id)"}"#
            let restored = try await platform.send("POST", filledPath(paths.workspaceRestore, "shop"), body)
            #expect(restored.status == 200, "\(restored.text)")
            #expect(try AtomicFile.read("\(root)/latest") == Array("precious".utf8))
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/infra/data.bin")
            let mode = attributes[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o640 && !FileManager.default.fileExists(atPath: "\(root)/infra/other"))

            let copy = #"{"backup":"\#(id)","workspace":"shop"}"#
            #expect(try await platform.send("POST", filledPath(paths.workspaceRestore, "copy"), copy).status == 200)
            let refused = try await platform.send("POST", filledPath(paths.workspaceRestore, "copy"), body)
            #expect(refused.status == 404)
            _ = try await platform.send("DELETE", filledPath(paths.workspace, "shop"))
            #expect(try await upload(archive, to: filledPath(paths.workspaceRestore, "shop"), platform).status == 200)
            #expect(try AtomicFile.read("\(root)/infra/data.bin") == Array("precious".utf8))
            #expect(try await upload(archive, to: filledPath(paths.workspaceRestore, "copy"), platform).status == 409)
            let listed = try await platform.get(filledPath(paths.workspaceBackups, "shop")).json["data"].items
            #expect(listed.count == 1 && listed[0]["sha256"].string?.hasPrefix("sha256:") == true)
        }
    }

    @Test(.timeLimit(.minutes(2))) func damagedAndForeignArchivesAreRefusedAndNothingIsTouched() async throws {
        try await TestPlatform.with { platform in
            let made = try await platform.send("POST", paths.workspaces, #"{"name":"shop"}"#).json["data"]
            let root = try #require(made["path"].string)
            let backup = try await platform.send("POST", filledPath(paths.workspaceBackup, "shop")).json["data"]
            let id = try #require(backup["id"].string)
            let archive = try await platform.get(filledPath(paths.workspaceArchive, "shop", id)).body
            try AtomicFile.write(Array("now".utf8), to: "\(root)/infra/now")
            let marker = try #require(archive.range(of: Data("default_provider".utf8)))
            var changed = archive
            changed[marker.lowerBound] = UInt8(ascii: "D")
            for (content, words) in [
                (changed, "another SHA-256"), (archive.prefix(archive.count / 2), "damaged"),
                (Data("no archive at all".utf8), "no archive"), (try await foreign(), "no backup of this platform"),
            ] {
                let answer = try await upload(content, to: filledPath(paths.workspaceRestore, "shop"), platform)
                #expect(answer.status == 400 && answer.text.contains(words), "\(words): \(answer.text)")
            }
            let stored = "\(platform.service.directory)/data/backups/\(id).tar"
            try AtomicFile.write(Array(changed), to: stored)
            let body = #"{"backup":"\#(id)"}"#
            let answer = try await platform.send("POST", filledPath(paths.workspaceRestore, "shop"), body)
            #expect(answer.status == 400 && answer.text.contains("\(id).tar is damaged"), "\(answer.text)")
            #expect(try await upload(archive, to: paths.platformRestore, platform).text.contains("is of a workspace"))
            #expect(try AtomicFile.read("\(root)/infra/now") == Array("now".utf8))
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(platform.service.directory)/data/backups")
            #expect(left.sorted() == ["\(id).json", "\(id).tar"])
        }
    }

    /// An archive like any other.
    private func foreign() async throws -> Data {
        let directory = try TestService.temporaryDirectory("foreign")
        defer { _ = DirectoryTree.remove(directory) }
        try AtomicFile.write(Array("x".utf8), to: "\(directory)/file")
        _ = try await Program.run("tar", ["-cf", "\(directory)/a.tar", "-C", directory, "file"])
        return try Data(contentsOf: URL(fileURLWithPath: "\(directory)/a.tar"))
    }

    @Test(.timeLimit(.minutes(3))) func platformThatLostEverythingComesBack() async throws {
        try await TestPlatform.with { platform in
            try await TestArtifact.listener("greeter").push(to: platform.registry)
            try await platform.createServers(["one", "two"])
            _ = try await platform.run(paths.createServers, #"{"servers":["cloud"],"provider":"upcloud"}"#)
            _ = try await platform.run(paths.createTaskserv, #"{"taskserv":"greeter","servers":["one"]}"#)
            _ = try await platform.run(paths.createCluster, #"{"name":"small","provider":"aws"}"#)
            let record = #"{"name":"www","record_type":"CNAME","value":"one.provisioning.local"}"#
            _ = try await platform.send("POST", paths.dnsRecords, record)
            let tasks = try await platform.get("\(paths.tasks)?limit=1000").json["data"]
            let servers = try await platform.get(paths.servers).json["data"].items
            let answer = try await platform.send("POST", paths.platformBackups)
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.json["data"]["id"].string)
            let archive = try await platform.get(filledPath(paths.platformBackup, id)).body
            await platform.service.end()

            let second = try await platform.startedAnew()
            do {
                #expect(try await second.get(paths.servers).json["data"].items.isEmpty)
                let restored = try await upload(archive, to: paths.platformRestore, second)
                let report = restored.json["data"]
                #expect(report["problems"].items.isEmpty && report["servers"].int == 4, "\(restored.text)")
                #expect(try await second.get("\(paths.tasks)?limit=1000").json["data"] == tasks)
                for before in servers {
                    let after = try await second.server(before["hostname"].string ?? "")
                    #expect(after["ip_address"] == before["ip_address"], "\(after)")
                    #expect(after["status"].string == "running", "\(after)")
                    let seen = try await second.knot.resolve(before["dns_name"].string ?? "")
                    #expect(seen == [before["ip_address"].string ?? ""])
                }
                #expect(try await second.knot.resolve("www.provisioning.local").first == "one.provisioning.local.")
                #expect(try await second.get(paths.clusters).json["data"].items.count == 1)
                #expect(try await second.get(paths.extensions).json["data"].items.count == 1)
                let again = try await upload(archive, to: paths.platformRestore, second).json["data"]
                #expect(again["servers"].int == 0 && again["tasks"].int == 0)
            } catch {
                await second.service.end()
                throw TestServiceError("\(error)\n--- second log:\n\(second.service.log.suffix(4000))")
            }
            await second.service.end()
        }
    }
}
