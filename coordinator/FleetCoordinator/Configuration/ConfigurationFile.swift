public import FleetModel
import Yams

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `test_config.yaml`: what a user says about time limits, services and ports.
public enum ConfigurationFile {
    /// The file that is taken from the current directory when none is named.
    public static let standardName = "test_config.yaml"

    /// Reads the file that is named, or the one in the current directory; without any all is standard.
    ///
    /// - Throws: `InputErrors` with everything that is wrong, each with file, line and column.
    public static func load(_ path: String?) throws(InputErrors) -> TestConfiguration {
        guard let path = path ?? found else { return TestConfiguration() }
        let text = try InputFile.read(path, expecting: "a configuration in YAML")
        return try parse(text, file: path)
    }

    /// Reads the text of a configuration, without looking at any other file.
    static func parse(_ text: String, file: String) throws(InputErrors) -> TestConfiguration {
        guard let root = try SuiteFile.compose(text, file) else { return TestConfiguration() }
        let absolute = file.hasPrefix("/") ? file : "\(FileManager.default.currentDirectoryPath)/\(file)"
        let folder = absolute.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        var reader = ConfigurationReader(file: file, folder: folder)
        let configuration = reader.read(root)
        guard reader.errors.isEmpty else {
            throw InputErrors(reader.errors.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) })
        }
        return configuration
    }

    /// The configuration with the secrets that it refers to, for those who are sent them.
    static func resolved(_ configuration: TestConfiguration) throws(MissingSecrets) -> TestConfiguration {
        try configuration.resolved { reference in
            switch reference {
            case .environment(let name): ProcessInfo.processInfo.environment[name]
            case .file(let path): (try? InputFile.read(path, expecting: "a secret")).map(withoutLineFeed)
            case .resolved(let text): text
            }
        }
    }

    private static func withoutLineFeed(_ text: String) -> String {
        text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static var found: String? {
        FileManager.default.fileExists(atPath: standardName) ? standardName : nil
    }
}
