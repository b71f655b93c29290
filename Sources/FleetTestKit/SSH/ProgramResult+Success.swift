import FleetSystem

extension ProgramResult {
    /// Whether the program ended with status 0.
    public var succeeded: Bool { status.isSuccess }
}
