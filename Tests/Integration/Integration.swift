import Testing

/// Tests that drive the built programs; one after the other, because they measure time on a machine with few cores.
@Suite(.serialized)
enum Integration {}
