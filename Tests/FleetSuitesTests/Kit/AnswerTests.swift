import FleetHTTP
import InterfaceProfile
import Testing

@testable import FleetTestKit

@Suite("Answers of the platform")
struct AnswerTests {
    private func answer(_ status: Int, _ body: String) -> Answer {
        Answer(
            response: WebResponse(request: "GET /x", status: status, headers: [:], body: Array(body.utf8)),
            profile: .standard)
    }

    @Test("the envelope and bare JSON carry the same")
    func envelopes() throws {
        #expect(try answer(200, #"{"success":true,"data":["a"]}"#).payload() == .array(["a"]))
        #expect(try answer(200, #"["a"]"#).payload() == .array(["a"]))
        #expect(try answer(200, #"{"success":true,"data":null}"#).payload() == .null)
    }

    @Test("both error shapes are refusals, also with a status of success")
    func errors() {
        for (status, body, words) in [
            (404, #"{"success":false,"data":null,"error":"no such task"}"#, "no such task"),
            (400, #"{"error":"BAD_NAME","message":"not a label","code":"400"}"#, "BAD_NAME: not a label"),
            (200, #"{"success":false,"error":"no"}"#, "no"), (502, "<html>bad gateway</html>", "<html>"),
        ] {
            #expect {
                _ = try answer(status, body).payload()
            } throws: { error in
                let refusal = error as? PlatformRefusal
                return refusal?.status == status && refusal?.message.contains(words) == true
            }
        }
    }

    @Test("a body that is not JSON is told, with its beginning")
    func notJSON() {
        #expect {
            _ = try answer(200, "hello").payload()
        } throws: { "\($0)" == "GET /x: the body is not JSON; the answer was: hello" }
    }

    @Test("ids of tasks come bare or in an object", arguments: [#""7""#, #"{"id":"7"}"#, #"{"workflow_id":"7"}"#])
    func taskIDs(_ data: String) throws {
        let answer = answer(200, #"{"success":true,"data":\#(data)}"#)
        #expect(try answer.taskID(try answer.payload()) == "7")
    }

    @Test("states are read without regard to case", arguments: ["Completed", "completed", "COMPLETED"])
    func states(_ text: String) throws {
        let answer = answer(200, #"{"id":"1","name":"n","status":"\#(text)","created_at":"t"}"#)
        #expect(try TaskInfo(try answer.payload(), answer).state == .completed)
    }

    @Test("a state that nobody knows is not final, and shown as it came")
    func unknownState() {
        let state = TaskState("Dreaming", Spellings())
        #expect(state == .other("Dreaming") && !state.isFinal && state.description == "Dreaming")
    }

    @Test("a member that is missing is named")
    func missingMember() {
        let answer = answer(200, #"{"id":"1"}"#)
        #expect {
            _ = try TaskInfo(try answer.payload(), answer)
        } throws: { "\($0)".contains("there is no string “name”") }
    }

    @Test("JSON values keep their kinds")
    func values() throws {
        let value = try #require(JSONValue(bytes: Array(#"{"a":1,"b":1.5,"c":true,"d":null,"e":["x"]}"#.utf8)))
        #expect(value["a"]?.integer == 1)
        #expect(value["b"] == .number(1.5))
        #expect(value["c"]?.bool == true)
        #expect(value["d"] == nil)
        #expect(value["e"]?.array == ["x"])
        #expect(JSONValue(bytes: Array("{".utf8)) == nil)
    }
}
