import FleetTestSupport
import Foundation
import PlatformService
import Testing

struct TimestampTests {
    @Test func timeThatWasReadIsWrittenAsItWas() {
        var random = SplitMix(seed: 1)
        for _ in 0..<5000 {
            let time = Timestamp(Date(timeIntervalSince1970: .random(in: 0...2_000_000_000, using: &random)))
            #expect(Timestamp(parsing: time.text)?.text == time.text)
        }
        #expect(Timestamp(Date(timeIntervalSince1970: 1_760_000_000.048)).text == "2025-10-09T08:53:20.048Z")
    }
}
