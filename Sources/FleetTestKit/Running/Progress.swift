/// What the body of a test is doing right now.
///
/// An actor, because the clock that ends a late test looks at it from outside.
actor Progress {
    private var steps: [(what: String, place: SourcePlace)] = []

    /// A step has begun.
    func enter(_ what: String, _ place: SourcePlace) { steps.append((what, place)) }

    /// The latest step has ended.
    func leave() { _ = steps.popLast() }

    /// The innermost step, with its place; nil between steps.
    var current: (what: String, place: SourcePlace)? { steps.last }
}
