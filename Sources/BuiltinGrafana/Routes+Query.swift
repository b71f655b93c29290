import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Grafana {
    /// Queries of data sources, answered as data frames.
    func queryRoutes() -> [Route] {
        [route("POST /api/ds/query", .viewer) { call, _ in try await self.query(call) }]
    }

    private func query(_ call: Call) async throws -> Response {
        let body = try await call.json()
        guard let queries = body["queries"].items, !queries.isEmpty else {
            throw Refusal(400, "bad request data: no queries found")
        }
        let now = Date().timeIntervalSince1970
        guard let from = Self.seconds(body["from"], now), let to = Self.seconds(body["to"], now) else {
            throw Refusal(400, "from and to: milliseconds, or now and now-1h and the like")
        }
        var results: [String: JSON] = [:]
        var hasFailed = false
        for query in queries {
            let name = query["refId"].string ?? "A"
            do { results[name] = try await run(query, from: from, to: to) } catch {
                hasFailed = true
                results[name] = [
                    "error": .string("\(error)"), "errorSource": "downstream", "status": 400, "frames": [],
                ]
            }
        }
        return Reply.json(["results": .object(results)], status: hasFailed ? 400 : 200)
    }

    private func run(_ query: JSON, from: Double, to: Double) async throws -> JSON {
        let uid = query["datasource"]["uid"].string ?? query["datasource"].string ?? ""
        let source = try source(uid: uid)
        guard source.type == "prometheus" else { throw Refusal(400, "queries of \(source.type) are not known here") }
        guard let expression = query["expr"].string, !expression.isEmpty else { throw Refusal(400, "expr is missing") }
        let isInstant = query["instant"].bool ?? false
        var frames: [JSON] = []
        if query["range"].bool ?? !isInstant {
            let interval = (query["intervalMs"].double ?? 15_000) / 1000
            let points = query["maxDataPoints"].double ?? 1000
            let step = max(interval, (to - from) / max(1, points), 1)
            let data = try await source.ask(
                "query_range", ["query": expression, "start": "\(from)", "end": "\(to)", "step": "\(step)"])
            frames += Self.frames(data, query, expression)
        }
        if isInstant {
            frames += Self.frames(
                try await source.ask("query", ["query": expression, "time": "\(to)"]), query, expression)
        }
        return ["status": 200, "frames": .array(frames)]
    }

    /// Seconds since 1970 of `now-1h`, or of milliseconds as a number or a text.
    private static func seconds(_ value: JSON, _ now: Double) -> Double? {
        if let number = value.double ?? value.string.flatMap(Double.init) { return number / 1000 }
        guard let text = value.string, text.hasPrefix("now") else { return nil }
        let rest = text.dropFirst(3)
        if rest.isEmpty { return now }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let sign = rest.first, sign == "-" || sign == "+", let unit = rest.last.flatMap({ units[$0] }),
            let amount = Double(rest.dropFirst().dropLast())
        else { return nil }
        return now + (sign == "-" ? -1 : 1) * amount * unit
    }

    private static func frames(_ data: JSON, _ query: JSON, _ expression: String) -> [JSON] {
        let type = data["resultType"].string ?? ""
        let series = type == "scalar" ? [["metric": [:], "value": data["result"]]] : data["result"].items ?? []
        return series.map { series in
            let samples = series["values"].items ?? [series["value"]]
            let times = samples.map { sample -> JSON in .int(Int(((sample.items?.first?.double ?? 0) * 1000).rounded()))
            }
            let values = samples.map { sample -> JSON in
                // A number that JSON does not have is null.
                sample.items?.last?.string.flatMap(Double.init).map { .double($0) } ?? .null
            }
            return [
                "schema": [
                    "refId": query["refId"],
                    "meta": [
                        "type": "timeseries-multi", "custom": ["resultType": .string(type)],
                        "executedQueryString": .string("Expr: \(expression)"),
                    ],
                    "fields": [
                        ["name": "Time", "type": "time", "typeInfo": ["frame": "time.Time"]],
                        [
                            "name": "Value", "type": "number", "typeInfo": ["frame": "float64"],
                            "labels": series["metric"],
                        ],
                    ],
                ], "data": ["values": [.array(times), .array(values)]],
            ]
        }
    }
}
