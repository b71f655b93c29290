extension HTMLReport {
    /// The style sheet: system fonts, one set of colours for light and one for dark.
    static let style = #"""
        :root {
          --page: #f4f5f7; --card: #ffffff; --line: #d9dde3; --soft: #eef0f3; --ink: #1b2028; --dim: #5b6573;
          --link: #0a58ca; --code: #f6f7f9; --mark: #ffe08a;
          --passed: #1a7f37; --failed: #cf222e; --crashed: #a3138f; --timeout: #c2500a; --no-interface: #8a6100;
          --not-run: #8a6100; --flaky: #9a7d00; --skipped: #6b7482;
          --failed-tint: #fff1f0; --warn-tint: #fff8e1; --shadow: 0 1px 2px rgba(20, 28, 40, .07);
          color-scheme: light dark;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #0f1318; --card: #171c23; --line: #2c343f; --soft: #212832; --ink: #e4e8ee; --dim: #98a3b3;
            --link: #6cb0ff; --code: #10151b; --mark: #6b5200;
            --passed: #3fb95c; --failed: #ff6b62; --crashed: #e07ad4; --timeout: #ff9a4d; --no-interface: #e0b341;
            --not-run: #e0b341; --flaky: #d6c04a; --skipped: #8d97a6;
            --failed-tint: #2c1719; --warn-tint: #2a2413; --shadow: none;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1440px; padding: 20px; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        h1, h2, h3, h4, p, ul { margin: 0; }
        h2 { font-size: 15px; } h3 { font-size: 15px; }
        h4 { margin: 12px 0 4px; font-size: 12px; font-weight: 600; color: var(--dim); }
        pre, code { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        pre { margin: 0; padding: 9px 12px; max-height: 22em; overflow: auto; background: var(--code);
          border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
        a { color: var(--link); }
        mark { background: var(--mark); color: inherit; border-radius: 2px; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow);
          padding: 14px 16px; margin-bottom: 12px; }
        .scripted { display: none; } .js .scripted { display: block; }
        .failed { --tone: var(--failed); } .passed { --tone: var(--passed); } .crashed { --tone: var(--crashed); }
        .timeout { --tone: var(--timeout); } .no-interface { --tone: var(--no-interface); }
        .not-run, .incomplete, .interrupted { --tone: var(--not-run); }
        .flaky { --tone: var(--flaky); } .skipped { --tone: var(--skipped); }

        header.card { padding: 20px 22px 16px; border-top: 6px solid var(--tone); }
        .verdict { display: flex; gap: 16px; align-items: center; }
        .symbol { flex: none; width: 52px; height: 52px; border-radius: 50%; background: var(--tone); color: var(--card);
          font: 700 28px/52px system-ui, "DejaVu Sans", sans-serif; text-align: center; }
        h1 { font-size: 27px; line-height: 1.2; color: var(--tone); overflow-wrap: anywhere; }
        .subject { margin-top: 3px; overflow-wrap: anywhere; }
        .bar { display: flex; gap: 2px; height: 14px; margin: 16px 0 12px; border-radius: 7px; overflow: hidden;
          background: var(--soft); }
        .bar i { background: var(--tone); min-width: 6px; flex-basis: 0; }
        .facts { display: flex; flex-wrap: wrap; gap: 2px 22px; color: var(--dim); font-size: 13.5px; }
        .facts b { color: var(--ink); font-weight: 600; }
        .notices ul { padding-left: 18px; } .notices > ul { padding: 0; list-style: none; }
        .notices > ul > li { margin-top: 6px; } .notices { border-left: 5px solid var(--line); }
        .notices.lost { border-left-color: var(--not-run); background: var(--warn-tint); }
        .tag { padding: 0 7px; border-radius: 9px; background: var(--not-run); color: var(--card); font-size: 12px;
          font-weight: 600; }

        .overview { padding: 8px 10px; } .overview ul { max-height: 13em; overflow: auto; padding: 0; list-style: none; }
        .overview li { display: flex; gap: 4px 14px; align-items: baseline; padding: 2px 8px; border-radius: 5px; }
        .overview li:hover { background: var(--soft); } .overview a { flex: none; max-width: 100%; color: inherit;
          text-decoration: none; overflow-wrap: anywhere; } .overview a:hover b { text-decoration: underline; }
        .overview .outcome { display: inline-block; width: 112px; }
        .overview .why { overflow: hidden; color: var(--dim); white-space: nowrap; text-overflow: ellipsis; }
        .overview p { padding: 4px 8px 0; }

        .columns { display: grid; grid-template-columns: minmax(0, 1fr) 330px; gap: 16px; align-items: start; }
        aside { position: sticky; top: 12px; max-height: calc(100vh - 24px); overflow: auto; }
        aside summary { cursor: pointer; margin-bottom: 8px; } aside summary h2 { display: inline; }
        .host { padding: 11px 14px; margin-bottom: 9px; overflow-wrap: anywhere; }
        .host.lost { border-left: 5px solid var(--not-run); } .host p { color: var(--dim); font-size: 13px; }
        .host table { width: 100%; margin-top: 5px; border-collapse: collapse; font-size: 13px; }
        .host th { text-align: left; font-weight: 400; color: var(--dim); padding: 2px 8px 2px 0; vertical-align: top; white-space: nowrap; }
        .host td { padding: 2px 0; vertical-align: top; } .host td:last-child { text-align: right; }
        .backing { padding: 0 6px; border: 1px solid var(--line); border-radius: 8px; font-size: 11.5px; color: var(--dim);
          white-space: nowrap; }
        .backing.builtin { border-style: dashed; } b.red { color: var(--failed); }

        .toolbar { position: sticky; top: 0; z-index: 2; padding: 10px 12px; }
        .chips { display: flex; flex-wrap: wrap; gap: 6px; }
        button, input, select { font: inherit; color: inherit; }
        .chip { display: inline-flex; gap: 6px; padding: 3px 12px; border: 1px solid var(--line); border-radius: 15px;
          background: var(--card); cursor: pointer; }
        .chip b { color: var(--tone); } .chip:hover { border-color: var(--tone); }
        .chip[aria-pressed=true] { background: var(--tone); border-color: var(--tone); color: var(--card); }
        .chip[aria-pressed=true] b { color: inherit; }
        .js .controls { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 9px; }
        .controls input, .controls select { padding: 5px 9px; border: 1px solid var(--line); border-radius: 6px;
          background: var(--card); min-width: 0; max-width: 100%; }
        .controls input { flex: 1 1 240px; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
        #shown { margin-top: 6px; color: var(--dim); font-size: 13px; }

        .test { margin-bottom: 5px; background: var(--card); border: 1px solid var(--line);
          border-left: 5px solid var(--tone); border-radius: 7px; }
        .test:not([open]) { content-visibility: auto; contain-intrinsic-size: auto 42px; }
        .test > summary { display: grid; grid-template-columns: 108px minmax(0, 1fr) auto 84px; gap: 12px;
          align-items: baseline; padding: 8px 14px 8px 11px; cursor: pointer; list-style: none; }
        .test > summary::-webkit-details-marker { display: none; }
        .test > summary:hover { background: var(--soft); }
        .test.failed[open], .test.crashed[open], .test.timeout[open] { border-color: var(--tone); }
        .test.failed[open] > summary, .test.crashed[open] > summary, .test.timeout[open] > summary {
          background: var(--failed-tint); }
        .outcome { color: var(--tone); font-weight: 650; white-space: nowrap; }
        .suite { color: var(--dim); } .name { overflow-wrap: anywhere; }
        .title { display: block; color: var(--dim); font-size: 13px; }
        .where { color: var(--dim); font-size: 13px; text-align: right; overflow-wrap: anywhere; max-width: 20em; }
        .time { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .body { padding: 4px 16px 16px; border-top: 1px solid var(--line); }
        .reason { margin-top: 10px; font-size: 16px; font-weight: 600; white-space: pre-wrap; overflow-wrap: anywhere; }
        .blame { margin-top: 4px; color: var(--not-run); }
        .compare { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 0 12px; }
        .compare .expected pre { border-left: 4px solid var(--passed); }
        .compare .actual pre { border-left: 4px solid var(--failed); }
        .place { margin-top: 8px; color: var(--dim); } .place code { color: var(--ink); }
        .attempt { margin-top: 4px; font-size: 13.5px; overflow-wrap: anywhere; } .attempt summary { cursor: pointer; }
        .command { display: flex; gap: 8px; align-items: stretch; }
        .command code { flex: 1; padding: 7px 11px; background: var(--code); border: 1px solid var(--line);
          border-radius: 6px; overflow-wrap: anywhere; user-select: all; }
        .copy { display: none; padding: 0 14px; border: 1px solid var(--line); border-radius: 6px; background: var(--soft);
          cursor: pointer; } .js .copy { display: block; }
        .files { padding-left: 18px; } .empty, footer { color: var(--dim); font-size: 13.5px; }
        footer { margin: 18px 0 6px; }

        #timeline { padding: 12px 14px; }
        #timeline h2 { display: flex; justify-content: space-between; gap: 12px; margin-bottom: 6px; }
        #timeline h2 small { color: var(--dim); font-weight: 400; }
        #timeline .scroll { position: relative; max-height: 250px; overflow: auto; }
        #timeline canvas { display: block; width: 100%; cursor: pointer; }
        #tip { position: fixed; z-index: 3; display: none; max-width: 380px; padding: 7px 11px; border-radius: 6px;
          background: var(--ink); color: var(--page); font-size: 13px; pointer-events: none; overflow-wrap: anywhere; }

        @media (max-width: 900px) {
          body { padding: 10px; }
          .columns { display: flex; flex-direction: column-reverse; align-items: stretch; gap: 0; }
          aside { position: static; max-height: none; }
          .toolbar { position: static; }
          .test > summary { grid-template-columns: minmax(0, 1fr) auto; gap: 0 12px; }
          .test > summary .name { grid-row: 2; grid-column: 1 / 3; }
          .test > summary .where { grid-row: 3; grid-column: 1 / 3; text-align: left; max-width: none; }
          h1 { font-size: 22px; } header.card { padding: 16px; }
          .controls input { flex-basis: 100%; } .controls select { flex: 1 1 90px; }
          .overview ul { max-height: 22em; } .overview li { display: block; } .overview .why { display: block; }
        }
        @media print { .toolbar, #timeline, .copy { display: none !important; } pre { max-height: none; } }
        """#
}
