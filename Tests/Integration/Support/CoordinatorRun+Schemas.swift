import Testing

extension CoordinatorRun {
    private static let checkJSON = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema, report = (json.load(open(path)) for path in sys.argv[1:])
        errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(report)]
        sys.exit("\\n".join(errors) or 0)
        """

    /// Expects that the JUnit file obeys Jenkins' schema and the JSON file ours.
    func expectValidReports() async throws {
        let json = try await RunningProgram.run(
            [
                "python3", "-c", Self.checkJSON, "\(Programs.repository)/docs/schema/test-results.schema.json",
                "\(outputDirectory)/test-results.json",
            ], in: scratch)
        #expect(json.status == 0, "test-results.json (python3-jsonschema is needed): \(json)")
        let schema = "\(Programs.repository)/.build-tools/junit-10.xsd"
        try #require(Scratch.exists(schema), "run Tests/Tools/fetch-junit-xsd; make test does")
        let junit = try await RunningProgram.run(
            ["xmllint", "--noout", "--schema", schema, "\(outputDirectory)/junit-results.xml"], in: scratch)
        #expect(junit.status == 0, "junit-results.xml (libxml2-utils is needed): \(junit)")
    }
}
