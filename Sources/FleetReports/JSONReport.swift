public import FleetModel

/// A finished run as `test-results.json`.
///
/// The shape is described by `docs/schema/test-results.schema.json`. Text is kept as it was, with JSON escapes.
public enum JSONReport {
    /// The version of the shape, the value of `schema`.
    public static let schemaVersion = 1

    /// Renders a run; one line for each host and test, LF at the end.
    public static func render(_ report: RunReport) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("schema", schemaVersion)
            writer.key("run")
            write(report.run, to: &writer)
            writer.key("hosts")
            writer.array(report.hosts) { writer, host in
                writer.lineBreak()
                write(host, to: &writer)
            }
            writer.key("tests")
            writer.array(report.tests) { writer, test in
                writer.lineBreak()
                write(test, to: &writer)
            }
        }
        return writer.text + "\n"
    }

    private static func write(_ run: RunReport.Run, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", run.id.rawValue)
            writer.field("exit", run.exit)
            writer.field("complete", run.complete)
            writer.field("started", run.started)
            writer.field("seconds", seconds: run.seconds)
            writer.field("tested", run.tested)
        }
    }

    private static func write(_ host: RunReport.Host, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", host.name.name)
            writer.field("slots", host.slots)
            writer.field("lost", host.lost)
            writer.key("services")
            writer.array(host.services) { writer, service in
                writer.object { writer in
                    writer.field("name", service.name)
                    writer.field("backing", service.backing.rawValue)
                    writer.field("version", service.version)
                    writer.field("readySeconds", seconds: service.readySeconds)
                }
            }
            writer.key("notes")
            writer.array(host.notes) { $0.string($1) }
        }
    }

    private static func write(_ test: RunReport.Test, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", test.id.description)
            writer.field("title", test.title)
            writer.field("suite", test.id.suite)
            writer.field("mode", test.mode?.rawValue)
            writer.field("outcome", test.outcome.rawValue)
            writer.field("cause", test.cause.rawValue)
            writer.key("attempts")
            writer.array(test.attempts) { write($1, to: &$0) }
            writer.field("rerun", test.rerun)
        }
    }

    private static func write(_ attempt: RunReport.Attempt, to writer: inout JSONWriter) {
        let result = attempt.result
        writer.object { writer in
            writer.field("host", attempt.host.name)
            writer.field("lane", attempt.lane)
            writer.field("slot", attempt.slot)
            writer.field("epoch", attempt.epoch.rawValue)
            writer.field("outcome", result.outcome.rawValue)
            writer.field("cause", result.cause.rawValue)
            writer.field("start", attempt.start)
            writer.field("seconds", seconds: result.seconds)
            writer.field("message", result.message)
            writer.field("counted", attempt.counted)
            writer.key("failure")
            write(result.failure, to: &writer)
            writer.key("output")
            write(result.output, to: &writer)
            writer.key("artifacts")
            writer.array(result.artifacts) { writer, artifact in
                writer.object { writer in
                    writer.field("path", artifact.path)
                    writer.field("size", artifact.size)
                    writer.field("sha256", artifact.sha256)
                }
            }
            writer.key("serviceLogs")
            writer.array(result.serviceLogs) { writer, log in
                writer.object { writer in
                    writer.field("service", log.service)
                    writer.key("text")
                    write(log.text, to: &writer)
                }
            }
            writer.key("leaks")
            guard let leaks = result.leaks else { return writer.literal("null") }
            writer.array(leaks) { $0.string($1) }
        }
    }

    private static func write(_ failure: Failure?, to writer: inout JSONWriter) {
        guard let failure else { return writer.literal("null") }
        writer.object { writer in
            writer.field("message", failure.message)
            writer.field("expected", failure.expected)
            writer.field("actual", failure.actual)
            writer.field("file", failure.file)
            writer.field("line", failure.line)
        }
    }

    private static func write(_ text: BoundedText, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("head", text.head)
            writer.field("tail", text.tail)
            writer.field("cutBytes", text.cutBytes)
        }
    }
}
