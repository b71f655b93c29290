import CCurl
import FleetSystem

/// One request on its way. All but `result`, `fail` and `isDone` belongs to the engine's thread.
final class CurlTransfer: @unchecked Sendable {
    private let request: HTTPRequest
    let result = OneShot<Result<HTTPResponse, HTTPError>>()
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let requestBody: UnsafeMutableBufferPointer<UInt8>
    private let errorText: UnsafeMutablePointer<CChar>

    init(_ request: HTTPRequest) {
        self.request = request
        let bytes = request.body ?? []
        requestBody = .allocate(capacity: max(1, bytes.count))
        _ = requestBody.initialize(from: bytes)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_slist_free_all(fields)
        requestBody.deallocate()
        errorText.deallocate()
    }

    var isDone: Bool { result.current != nil }

    func fail(_ code: HTTPError.Code, _ detail: String) {
        result.fulfil(.failure(HTTPError(code: code, method: request.method, url: request.url, detail: detail)))
    }

    /// Ends without an answer; the handle is freed.
    func abandon(_ easy: UnsafeMutableRawPointer, _ detail: String) {
        fail(.cancelled, detail)
        curl_easy_cleanup(easy)
    }

    /// Ends as libcurl says; the handle is freed.
    func finish(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        defer { curl_easy_cleanup(easy) }
        var status = 0
        var seconds = 0.0
        _ = fleet_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        _ = fleet_curl_get_double(easy, CURLINFO_TOTAL_TIME, &seconds)
        guard result == CURLE_OK else {
            if isTooLarge { return fail(.bodyTooLarge, "the answer has more than \(request.bodyLimit) bytes") }
            return fail(CurlTransfer.code(of: result), detail(of: result, after: seconds))
        }
        self.result.fulfil(.success(HTTPResponse(status: status, headers: headers, body: body, seconds: seconds)))
    }

    private func detail(of result: CURLcode, after seconds: Double) -> String {
        let text = String(cString: errorText)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
        let milliseconds = Int(seconds * 1000)
        return "\(reason) (after \(milliseconds) ms)"
    }

    private static func code(of result: CURLcode) -> HTTPError.Code {
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST: .nameNotFound
        case CURLE_COULDNT_CONNECT: .connectionFailed
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE: .connectionClosed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION: .tls
        default: .other
        }
    }
}

// Setting libcurl up and taking its data in.
extension CurlTransfer {
    func makeHandle() -> UnsafeMutableRawPointer? {
        guard let easy = curl_easy_init() else {
            fail(.other, "libcurl gives us no handle")
            return nil
        }
        setOptions(easy)
        setBody(easy)
        setFields(easy)
        // The engine keeps the transfer as long as the handle lives, so the pointer is not retained.
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = fleet_curl_set_function(easy, CURLOPT_WRITEFUNCTION, takeBody)
        _ = fleet_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        _ = fleet_curl_set_function(easy, CURLOPT_HEADERFUNCTION, takeHeader)
        _ = fleet_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        return easy
    }

    private func setOptions(_ easy: UnsafeMutableRawPointer) {
        _ = fleet_curl_set_string(easy, CURLOPT_URL, request.url)
        _ = fleet_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        _ = fleet_curl_allow_http_only(easy)
        _ = fleet_curl_set_string(easy, CURLOPT_PROXY, "")
        _ = fleet_curl_set_string(easy, CURLOPT_NOPROXY, "*")
        _ = fleet_curl_set_string(easy, CURLOPT_USERAGENT, "provisioning-fleet")
        _ = fleet_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = fleet_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        _ = fleet_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        _ = fleet_curl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeout.milliseconds)
        _ = fleet_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        _ = fleet_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    }

    private func setBody(_ easy: UnsafeMutableRawPointer) {
        switch (request.method, request.body) {
        case (.get, nil):
            _ = fleet_curl_set_long(easy, CURLOPT_HTTPGET, 1)
            return
        case (.head, _):
            _ = fleet_curl_set_long(easy, CURLOPT_NOBODY, 1)
            return
        case (.delete, nil), (.options, nil):
            break
        case (_, let body):
            _ = fleet_curl_set_long(easy, CURLOPT_POST, 1)
            _ = fleet_curl_set_pointer(easy, CURLOPT_POSTFIELDS, requestBody.baseAddress)
            _ = fleet_curl_set_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body?.count ?? 0))
        }
        _ = fleet_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }

    private func setFields(_ easy: UnsafeMutableRawPointer) {
        // An empty value takes away what libcurl would add: the wait for "100 Continue", and a form's content type.
        var lines = ["Expect:"]
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        for field in request.headers.fields {
            // A semicolon is how libcurl is told to send an empty value.
            lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        for line in lines { fields = curl_slist_append(fields, line) }
        _ = fleet_curl_set_list(easy, CURLOPT_HTTPHEADER, fields)
    }

    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= request.bodyLimit else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func take(header bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // A new head: what came before belonged to an interim answer.
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: ":") {
            headers.add(String(line[..<colon]), line[line.index(after: colon)...].trimmed)
        }
    }
}

private func takeBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
)
    -> Int
{
    guard let context else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    // Any other number than that of the bytes ends the transfer.
    return transfer.take(body: UnsafeRawBufferPointer(start: data, count: size * count)) ? size * count : -1
}

private func takeHeader(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    transfer.take(header: UnsafeRawBufferPointer(start: data, count: size * count))
    return size * count
}

extension Substring {
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}

extension Duration {
    // At least one: libcurl takes zero for no limit at all.
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 1 << 31 else { return Int(Int32.max) }
        return Swift.max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
