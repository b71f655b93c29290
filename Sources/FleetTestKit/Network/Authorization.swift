#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Values of the header field `Authorization`.
public enum Authorization {
    /// User name and password (RFC 7617).
    public static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }

    /// A token (RFC 6750).
    public static func bearer(_ token: String) -> String { "Bearer \(token)" }
}

/// One file as `multipart/form-data` (RFC 7578).
public struct MultipartForm: Hashable, Sendable {
    /// The header fields of the request.
    public let headers: [String: String]
    /// Its body.
    public let body: [UInt8]

    /// Wraps a file.
    ///
    /// - Parameters:
    ///   - field: the name of the form's field.
    ///   - file: the file's name, without quotation marks.
    ///   - content: what is in it.
    public init(field: String, file: String, content: [UInt8]) {
        // The digest is no part of the content, so the boundary is not either.
        let boundary = "fleet-\(Digest(of: content).description.suffix(32))"
        headers = ["Content-Type": "multipart/form-data; boundary=\(boundary)"]
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field)\"; filename=\"\(file)\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n"
        body = Array(head.utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
    }
}
