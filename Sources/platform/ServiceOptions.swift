import ArgumentParser
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What every subcommand that serves takes.
struct ServiceOptions: ParsableArguments {
    @Option(help: "Address and port to listen on; port 0 takes a free one.")
    var listen: String

    @Option(help: "Directory for everything that is kept; made if need be, for its owner alone.")
    var data: String

    @Option(help: "File with all other settings: a JSON object, mode 0600 (docs/PLATFORM.md).")
    var settings: String

    func validate() throws { _ = try Self.address(listen, "--listen") }

    /// Where to listen.
    var address: ListenAddress {
        get throws { try Self.address(listen, "--listen") }
    }

    /// The data directory's absolute path.
    var dataDirectory: String { Self.absolute(data) }

    /// The settings. Ends the program with status 65 and what is wrong with the file.
    func read<Settings: Decodable>(_ type: Settings.Type) throws -> Settings { try Self.read(settings, type) }

    /// Reads a settings file. Ends the program with status 65 and what is wrong with it.
    static func read<Settings: Decodable>(_ settings: String, _ type: Settings.Type) throws -> Settings {
        do { return try SettingsFile.read(settings, as: type) } catch {
            let line = Array("Error: \(words(of: error))\n".utf8)
            _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            throw ExitCode(65)
        }
    }

    /// Reads `ADDRESS:PORT`, or says which option is wrong.
    static func address(_ text: String, _ option: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw ValidationError("\(option): \"\(text)\" is not ADDRESS:PORT")
        }
        return address
    }

    /// What the service starts may begin elsewhere, so paths must not depend on where we are.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return "\(String(cString: here))/\(path)"
    }

    /// Prints the line that says that requests are answered.
    @Sendable static func announce(port: Int) {
        print(#"{"type":"listening","port":\#(port)}"#)
        fflush(nil)
    }
}
