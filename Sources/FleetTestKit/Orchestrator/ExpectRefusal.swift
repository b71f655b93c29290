/// Passes when the platform says no.
///
/// - Parameters:
///   - what: what must be refused.
///   - statuses: the HTTP statuses that count as a refusal.
///   - body: asks for it.
/// - Returns: what the platform said.
/// - Throws: `AssertionFailure` when the platform agrees, or refuses with another status.
@discardableResult
public func expectRefusal(
    _ what: String, statuses: ClosedRange<Int> = 400...499, filePath: String = #filePath, line: Int = #line,
    _ body: () async throws -> Void
) async throws -> PlatformRefusal {
    let place = SourcePlace(filePath: filePath, line: line)
    let expected = "a refusal with status \(statuses.lowerBound) to \(statuses.upperBound)"
    do {
        try await body()
    } catch let refusal as PlatformRefusal {
        guard statuses.contains(refusal.status) else {
            throw AssertionFailure(
                "\(what) was refused in another way", expected: expected, actual: refusal.description, at: place)
        }
        return refusal
    }
    throw AssertionFailure("\(what) was not refused", expected: expected, actual: "success", at: place)
}
