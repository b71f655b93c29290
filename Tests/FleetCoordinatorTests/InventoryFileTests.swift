import FleetCoordinator
import FleetModel
import Foundation
import Testing

@Suite("hosts.txt as a file")
struct InventoryFileTests {
    private func message(_ path: String) -> String? {
        let error = #expect(throws: InputErrors.self) { _ = try Inventory.load(path, home: nil) }
        #expect(error?.errors.first?.file == path || path.isEmpty)
        return error?.errors.first?.message
    }

    @Test("a good file is read, with a byte order mark and without a last line feed")
    func good() throws {
        try TemporaryFolder.with { folder in
            let path = try folder.write("hosts.txt", "\u{FEFF}alpha\nbeta slots=2")
            #expect(try Inventory.load(path, home: nil).hosts.map(\.id.name) == ["alpha", "beta"])
        }
    }

    @Test("missing, a folder, binary, empty")
    func bad() throws {
        try TemporaryFolder.with { folder in
            #expect(message(folder.path + "/none") == "there is no such file")
            #expect(message(folder.path) == "this is a folder, not a file")
            #expect(message("") == "there is no such file")
            let empty = try folder.write("empty", "")
            #expect(message(empty) == "the file names no host")
            #expect(message(empty + "/below") == "there is no such file")
            let binary = try folder.write("binary", Data([0x61, 0x0A, 0x7F, 0x45, 0x4C, 0x46, 0, 1]))
            #expect(message(binary) == "the file is not text in UTF-8")
            let latin = try folder.write("latin", Data([0x61, 0x0A, 0xFC, 0x0A]))
            let error = #expect(throws: InputErrors.self) { _ = try Inventory.load(latin, home: nil) }
            #expect(error?.errors.first?.line == 2)
        }
    }

    @Test("a file without end is given up")
    func endless() { #expect(message("/dev/zero") == "the file has more than 16 MiB") }
}
