/// A batch workflow as it is carried out: checked, complete, each item a piece of work.
struct BatchDefinition: Sendable, Codable, Hashable {
    /// What happens after a failure that its operation does not go on from.
    struct Rollback: Sendable, Codable, Hashable {
        /// False: what was done stays.
        var isEnabled = true
        /// True: when some items of an operation fail, what its other items made is undone.
        var onPartialFailure = true
        /// A checkpoint is made after so many completed operations.
        var checkpointInterval = 5
        /// True: completed operations stay, only what failed is undone.
        var preserveSuccessful = false
    }

    let name: String
    let version: String
    /// How many operations may run at once.
    let parallelLimit: Int
    let rollback: Rollback
    /// In the order of the definition.
    let operations: [BatchOperation]

    /// What all its items do.
    var works: [Work] { operations.flatMap(\.items).map(\.work) }
}

/// One operation of a batch.
struct BatchOperation: Sendable, Codable, Hashable {
    /// What becomes of the batch when the operation fails for good.
    enum OnFailure: String, Sendable, Codable, CaseIterable {
        /// Nothing new begins; what was done stays.
        case fail
        /// The others go on, but for those that need it.
        case `continue`
        /// Everything is stopped and undone.
        case rollback
    }

    /// Another operation that this one has to do with.
    struct Need: Sendable, Codable, Hashable {
        /// What has to be known of the other one, spelled as in definitions.
        enum Kind: String, Sendable, Codable, CaseIterable {
            /// It is completed; if it cannot be any more, this one is skipped.
            case hard
            /// It has ended, in whatever way.
            case soft
            /// Nothing; but if both could begin, it comes first.
            case optional
        }

        let operation: String
        let kind: Kind
    }

    /// How a failed attempt is repeated.
    struct Retry: Sendable, Codable, Hashable {
        /// How the delay grows, spelled as in definitions.
        enum Backoff: String, Sendable, Codable, CaseIterable {
            case exponential, linear, fixed
        }

        var maximumAttempts = 1
        var backoff = Backoff.exponential
        /// Seconds.
        var initialDelay = 5.0
        /// Seconds.
        var maximumDelay = 300.0

        /// Seconds between that attempt and the next one.
        func delay(after attempt: Int) -> Double {
            let factor: Double =
                switch backoff {
                case .fixed: 1
                case .linear: Double(attempt)
                case .exponential: Double(1 << min(attempt - 1, 30))
                }
            return min(maximumDelay, initialDelay * factor)
        }
    }

    /// One piece of it.
    struct Item: Sendable, Codable, Hashable {
        /// For people: a server, a taskserv on a server, a cluster.
        let name: String
        let work: Work
    }

    let id: String
    let items: [Item]
    let needs: [Need]
    /// True: its items are done side by side.
    let isParallel: Bool
    /// Seconds for one attempt.
    let timeout: Double
    let onFailure: OnFailure
    let retry: Retry
}
