/// A binary heap: the smallest element is always at hand.
struct PriorityHeap<Element: Comparable & Sendable>: Sendable {
    private var items: [Element] = []

    /// The smallest element.
    var first: Element? { items.first }

    /// Adds an element, in logarithmic time.
    mutating func push(_ element: Element) {
        items.append(element)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Removes the smallest element, in logarithmic time.
    mutating func pop() -> Element? {
        guard let last = items.popLast() else { return nil }
        guard let smallest = items.first else { return last }
        items[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < items.count }
            guard let least = children.min(by: { items[$0] < items[$1] }), items[least] < items[parent] else { break }
            items.swapAt(parent, least)
            parent = least
        }
        return smallest
    }
}
