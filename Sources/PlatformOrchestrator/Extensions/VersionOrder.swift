/// Orders the tags of a repository by version, to find the latest.
enum VersionOrder {
    /// The latest of the tags: releases before pre-releases, tags that are no versions never. Nil when there is none.
    static func latest(of tags: [String]) -> String? {
        let versions = tags.compactMap(Version.init)
        let releases = versions.filter(\.preRelease.isEmpty)
        return (releases.isEmpty ? versions : releases).max()?.tag
    }

    private struct Version: Comparable {
        let tag: String
        let numbers: [Int]
        let preRelease: String

        /// Accepts `1`, `1.2`, `v1.2.3` and more numbers, with `-pre-release` behind them.
        init?(_ tag: String) {
            let text = tag.hasPrefix("v") ? tag.dropFirst() : tag[...]
            let parts = text.split(separator: "-", maxSplits: 1)
            guard let core = parts.first else { return nil }
            let pieces = core.split(separator: ".", omittingEmptySubsequences: false)
            numbers = pieces.compactMap { Int($0) }
            guard numbers.count == pieces.count, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
            preRelease = parts.count > 1 ? String(parts[1]) : ""
            self.tag = tag
        }

        static func < (left: Version, right: Version) -> Bool {
            let length = max(left.numbers.count, right.numbers.count)
            for index in 0..<length {
                let pair = (left.number(index), right.number(index))
                if pair.0 != pair.1 { return pair.0 < pair.1 }
            }
            // A pre-release comes before its release.
            if left.preRelease.isEmpty != right.preRelease.isEmpty { return !left.preRelease.isEmpty }
            return left.preRelease < right.preRelease
        }

        private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }
    }
}
