extension HTMLReport {
    /// The script: rows on demand, filters, the timeline. No framework; text enters the page as text nodes only.
    static let script = listScript + timelineScript

    private static let listScript = #"""
        "use strict";
        document.documentElement.classList.add("js");
        const data = JSON.parse(document.getElementById("data").textContent);
        const words = { timeout: "timed out", "no-interface": "no interface", "not-run": "not run" };
        const list = document.getElementById("list");
        const more = document.getElementById("more");
        const byID = id => document.getElementById(id);
        const chunk = 100;
        const nodes = new Map();
        for (const node of list.children) nodes.set(Number(node.id.slice(1)), node);

        function el(tag, className, ...children) {
          const node = document.createElement(tag);
          if (className) node.className = className;
          node.append(...children);
          return node;
        }
        function duration(seconds) {
          if (seconds < 9.995) return seconds.toFixed(2) + " s";
          if (seconds < 59.95) return seconds.toFixed(1) + " s";
          const whole = Math.round(seconds), two = n => String(n).padStart(2, "0");
          return whole < 3600 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
            : `${Math.floor(whole / 3600)} h ${two(Math.floor(whole % 3600 / 60))} min`;
        }

        // One row; its body is built when it is opened for the first time.
        function row(index) {
          let node = nodes.get(index);
          if (node) return node;
          const test = data.tests[index], cut = test.id.lastIndexOf("/") + 1;
          const place = [test.host];
          if (test.mode) place.push(test.mode);
          if (test.attempts.length > 1) place.push(test.attempts.length + " attempts");
          node = el("details", "test " + test.outcome,
            el("summary", "", el("span", "outcome", words[test.outcome] || test.outcome),
              el("span", "name", el("span", "suite", test.id.slice(0, cut)), el("b", "", test.id.slice(cut)),
                el("span", "title", test.title)),
              el("span", "where", place.join(" · ")),
              el("span", "time", test.attempts.length ? duration(test.seconds) : "")));
          node.id = "t" + index;
          node.addEventListener("toggle", () => {
            if (node.childElementCount < 2) { node.append(body(test)); polish(node); }
          });
          nodes.set(index, node);
          return node;
        }
        function body(test) {
          const node = el("div", "body");
          if (test.reason) node.append(el("p", "reason", test.reason));
          if (test.cause !== "test") node.append(el("p", "blame", "Blamed on: ", el("b", "", test.cause)));
          const shown = test.attempts[test.explaining];
          if (shown) node.append(...evidence(shown));
          if (test.attempts.length > 1) {
            node.append(el("h4", "", "Attempts"));
            test.attempts.forEach((attempt, number) => node.append(attemptLine(attempt, number, attempt === shown)));
          }
          node.append(el("h4", "", "Run it again"),
            el("div", "command", el("code", "", test.rerun), el("button", "copy", "copy")));
          return node;
        }
        function evidence(attempt) {
          const parts = [], titled = (title, text) => parts.push(el("h4", "", title), el("pre", "", text));
          const values = ["expected", "actual"].filter(name => attempt[name] !== undefined);
          if (values.length) parts.push(el("div", "compare", ...values.map(name =>
            el("div", name, el("h4", "", name), el("pre", "", attempt[name])))));
          if (attempt.place) parts.push(el("p", "place", "at ", el("code", "", attempt.place)));
          if (attempt.output) titled("Output", attempt.output);
          for (const log of attempt.logs || []) titled(`Log of ${log.service} meanwhile`, log.text);
          if (attempt.files) parts.push(el("h4", "", "Files"), el("ul", "files", ...attempt.files.map(file => {
            const name = el(file.link ? "a" : "span", "", file.path);
            if (file.link) name.href = file.link;
            return el("li", "", name, " ", el("small", "", file.size));
          })));
          return parts;
        }
        function attemptLine(attempt, number, isShown) {
          const heading = [el("span", "outcome", words[attempt.outcome] || attempt.outcome),
            ` ${number + 1}. on ${attempt.host || "no host"}, lane ${attempt.lane}, slot ${attempt.slot}, `
            + duration(attempt.seconds) + (attempt.counted ? "" : `, not counted (${attempt.cause})`)
            + (attempt.message ? ": " + attempt.message : "")];
          const inner = isShown ? [] : evidence(attempt), name = "attempt " + attempt.outcome;
          return inner.length ? el("details", name, el("summary", "", ...heading), ...inner) : el("p", name, ...heading);
        }

        // Marks where expected and actual differ, and shows the end of long output.
        function polish(node) {
          for (const pair of node.querySelectorAll(".compare")) {
            const [left, right] = pair.querySelectorAll("pre");
            if (!left || !right) continue;
            const a = left.textContent, b = right.textContent, most = Math.min(a.length, b.length);
            let head = 0, tail = 0;
            while (head < most && a[head] === b[head]) head++;
            while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
            if (head + tail < 3 || a.length > 20000 || b.length > 20000) continue;
            for (const [pre, text] of [[left, a], [right, b]])
              pre.replaceChildren(text.slice(0, head), el("mark", "", text.slice(head, text.length - tail)),
                text.slice(text.length - tail));
          }
          for (const pre of node.querySelectorAll("h4 + pre")) pre.scrollTop = pre.scrollHeight;
        }

        const chosen = new Set();
        let matches = [], drawn = 0;
        const orders = {
          urgent: null, slow: (a, b) => data.tests[b].seconds - data.tests[a].seconds,
          name: (a, b) => data.tests[a].id < data.tests[b].id ? -1 : 1,
          start: (a, b) => data.tests[a].start < data.tests[b].start ? -1 : 1,
        };
        function update() {
          const wanted = byID("search").value.toLowerCase().split(/\s+/).filter(Boolean);
          const host = byID("host").value, mode = byID("mode").value, order = orders[byID("order").value];
          matches = [];
          data.tests.forEach((test, index) => {
            if (chosen.size && !chosen.has(test.outcome)) return;
            if (host && !test.attempts.some(a => a.host === host) && test.host !== host) return;
            if (mode && (test.mode || "none") !== mode) return;
            if (wanted.length) {
              test.text ??= [test.id, test.title, test.host, test.reason || "", test.outcome].join("\n").toLowerCase();
              if (!wanted.every(word => test.text.includes(word))) return;
            }
            matches.push(index);
          });
          if (order) matches.sort(order);
          drawn = 0;
          list.replaceChildren();
          draw();
          byID("shown").textContent = matches.length === data.tests.length
            ? `All ${data.tests.length} tests` : `${matches.length} of ${data.tests.length} tests`;
        }
        function draw() {
          const next = matches.slice(drawn, drawn + chunk);
          drawn += next.length;
          list.append(...next.map(row));
          more.style.minHeight = drawn < matches.length ? "60vh" : "0";
        }
        function reveal(index) {
          let place = matches.indexOf(index);
          if (place < 0) {
            chosen.clear(); byID("search").value = byID("host").value = byID("mode").value = "";
            pressChips(); update(); place = matches.indexOf(index);
          }
          while (drawn <= place) draw();
          const node = row(index);
          node.open = true;
          node.scrollIntoView({ block: "center" });
          node.querySelector("summary").focus({ preventScroll: true });
        }
        function pressChips() {
          for (const chip of document.querySelectorAll(".chip"))
            chip.setAttribute("aria-pressed", chosen.has(chip.dataset.outcome));
        }
        function fill(id, label, values) {
          byID(id).append(new Option(label, ""), ...values.map(value => new Option(value, value)));
          if (values.length < 2) byID(id).style.display = "none";
        }
        fill("host", "all hosts", data.hosts);
        fill("mode", "all modes", [...new Set(data.tests.map(test => test.mode || "none"))]);
        for (const chip of document.querySelectorAll(".chip")) chip.addEventListener("click", () => {
          const name = chip.dataset.outcome;
          if (!chosen.delete(name)) chosen.add(name);
          pressChips(); update();
        });
        for (const id of ["search", "host", "mode", "order"]) byID(id).addEventListener("input", update);
        document.addEventListener("keydown", event => {
          if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) {
            event.preventDefault(); byID("search").focus();
          } else if (event.key === "Escape" && event.target === byID("search")) {
            byID("search").value = ""; update();
          }
        });
        document.addEventListener("click", async event => {
          const jump = event.target.closest("[data-index]");
          if (jump) { event.preventDefault(); reveal(Number(jump.dataset.index)); }
          if (!event.target.classList.contains("copy")) return;
          const code = event.target.previousElementSibling;
          try { await navigator.clipboard.writeText(code.textContent); }
          catch { getSelection().selectAllChildren(code); document.execCommand("copy"); }
          event.target.textContent = "copied";
          setTimeout(() => { event.target.textContent = "copy"; }, 1500);
        });
        new IntersectionObserver(entries => {
          if (entries.some(entry => entry.isIntersecting)) while (drawn < matches.length
            && more.getBoundingClientRect().top < innerHeight + 1200) draw();
        }, { rootMargin: "1200px" }).observe(more);
        if (innerWidth <= 900 && byID("hosts")) byID("hosts").open = false;
        update();
        nodes.forEach(polish);

        """#

    private static let timelineScript = #"""
        // The timeline: a lane for each host and slot, a bar for each attempt, on a canvas.
        (() => {
          const box = byID("timeline"), begin = Date.parse(data.started), lanes = new Map(), bars = [];
          data.hosts.forEach((host, order) => lanes.set(host, { order, slots: new Map() }));
          data.tests.forEach((test, index) => test.attempts.forEach(attempt => {
            const start = (Date.parse(attempt.start) - begin) / 1000, lane = lanes.get(attempt.host);
            if (!lane || !isFinite(start)) return;
            const key = attempt.lane * 1000 + attempt.slot;
            lane.slots.set(key, `${attempt.host} ${attempt.slot}`);
            bars.push({ index, attempt, start: Math.max(0, start), end: start + attempt.seconds, lane, key });
          }));
          if (!bars.length) { box.classList.remove("scripted"); box.style.display = "none"; return; }
          const rows = [];
          for (const [host, lane] of lanes) {
            const keys = [...lane.slots.keys()].sort((a, b) => a - b);
            lane.rows = new Map(keys.map((key, place) => { rows.push({ host, first: place === 0 });
              return [key, rows.length - 1]; }));
            if (!keys.length) rows.push({ host, first: true });
          }
          const span = Math.max(data.seconds, bars.reduce((most, bar) => Math.max(most, bar.end), 0)) || 1;
          const height = rows.length > 24 ? 7 : rows.length > 10 ? 11 : 17, axis = 18;
          const canvas = el("canvas"), tip = el("div");
          tip.id = "tip";
          canvas.setAttribute("role", "img");
          canvas.setAttribute("aria-label", `When each of ${rows.length} slots ran its ${bars.length} attempts`);
          box.append(el("h2", "", "Timeline", el("small", "", "a line for each slot; faint bars were not counted")),
            el("div", "scroll", canvas));
          document.body.append(tip);
          let width = 0, left = 0;
          const x = seconds => left + seconds / span * (width - left - 8);
          function paint() {
            const scale = devicePixelRatio || 1, style = getComputedStyle(document.documentElement);
            const colour = name => style.getPropertyValue("--" + name).trim();
            width = canvas.parentNode.clientWidth;
            canvas.style.height = rows.length * height + axis + "px";
            canvas.width = width * scale; canvas.height = (rows.length * height + axis) * scale;
            const pen = canvas.getContext("2d");
            pen.scale(scale, scale);
            pen.font = "12px system-ui, sans-serif"; pen.textBaseline = "middle";
            left = Math.min(width * .28, 14 + Math.max(...rows.map(line => pen.measureText(line.host).width)));
            const step = [.1, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200]
              .find(step => span / step <= Math.max(3, width / 110)) || span / 8;
            pen.fillStyle = colour("dim"); pen.strokeStyle = colour("line");
            for (let tick = 0; tick <= span; tick += step) {
              pen.beginPath(); pen.moveTo(x(tick) + .5, 0); pen.lineTo(x(tick) + .5, axis + rows.length * height); pen.stroke();
              pen.fillText(step < 60 ? `${+tick.toFixed(1)} s` : `${+(tick / 60).toFixed(1)} min`, x(tick) + 4, 7);
            }
            let free = 0;
            rows.forEach((line, place) => {
              const middle = axis + place * height + Math.max(height / 2, 6);
              if (!line.first || middle < free) return;
              pen.fillText(line.host, 0, middle, left - 8);
              free = middle + 13;
            });
            for (const bar of [...bars].reverse()) {
              pen.globalAlpha = bar.attempt.counted ? 1 : .35;
              pen.fillStyle = colour(bar.attempt.outcome);
              const from = x(bar.start), wide = Math.max(1.5, x(bar.end) - from - 1);
              pen.fillRect(from, axis + bar.lane.rows.get(bar.key) * height + 1, wide, height - 2);
            }
            pen.globalAlpha = 1;
          }
          function hit(event) {
            const area = canvas.getBoundingClientRect(), px = event.clientX - area.left, py = event.clientY - area.top;
            const place = Math.floor((py - axis) / height);
            return bars.find(bar => bar.lane.rows.get(bar.key) === place && px >= x(bar.start) - 1
              && px <= Math.max(x(bar.end), x(bar.start) + 3));
          }
          canvas.addEventListener("mousemove", event => {
            const bar = hit(event);
            tip.style.display = bar ? "block" : "none";
            if (!bar) return;
            const a = bar.attempt;
            tip.textContent = `${data.tests[bar.index].id}: ${words[a.outcome] || a.outcome} on ${a.host}, lane ${a.lane}, `
              + `slot ${a.slot}, ${duration(a.seconds)}, began at ${duration(bar.start)}`;
            tip.style.left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8) + "px";
            tip.style.top = event.clientY + 16 + "px";
          });
          canvas.addEventListener("mouseleave", () => { tip.style.display = "none"; });
          canvas.addEventListener("click", event => { const bar = hit(event); if (bar) reveal(bar.index); });
          matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
          new ResizeObserver(paint).observe(canvas.parentNode);
          paint();
        })();

        """#
}
