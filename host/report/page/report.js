/**
 * Draws the report of a campaign from the JSON that lies in the page. Plain JavaScript for browsers,
 * embedded as it stands by ../html.ts. Every text goes through textContent: nothing becomes markup.
 */
/* global document, window, navigator */
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { report, stories, coverage, strips, history } = data;
  const { scenario, exploration } = report;
  const main = document.getElementById("report");

  const PARTITIONS = { boot: "boot", slotA: "slot A", slotB: "slot B", state: "state", radio: "radio" };
  const KINDS = {
    ".": ["blank", "--faint"],
    c: ["bootloader", "--code"],
    d: ["device page", "--device-page"],
    e: ["envelope", "--envelope"],
    i: ["image", "--image"],
    u: ["no whole envelope", "--unreadable"],
    j: ["journal", "--journal"],
    s: ["other state", "--state"],
  };
  const CAUSES = [
    ["cpu", "processor", "--code"],
    ["program", "programming", "--image"],
    ["erase", "erasing", "--old"],
    ["idle", "asleep", "--state"],
  ];

  const TONES = { new: "--new", old: "--old", bad: "--bad", unknown: "--unknown" };

  /** Cells of flash beside each other; a larger partition takes several rows. */
  const CELLS_PER_ROW = 48;

  // Small things.

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "class") made.className = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    for (const child of children) if (child !== undefined) made.append(child);
    return made;
  }

  function color(variable) {
    return window.getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
  }

  const count = (value) => Number(value).toLocaleString("en-US");
  const things = (value, one) => `${count(value)} ${one}${value === 1 ? "" : "s"}`;
  const hex = (value) => `0x${value.toString(16).padStart(5, "0")}`;

  function scaled(value, units) {
    let index = 0;
    let rest = value;
    while (rest >= 999.5 && index < units.length - 1) {
      rest /= 1000;
      index += 1;
    }
    return `${index === 0 ? Math.round(rest) : rest.toPrecision(3)} ${units[index]}`;
  }

  const duration = (micros) => scaled(micros, ["µs", "ms", "s"]);
  const energy = (nanojoules) => scaled(nanojoules, ["nJ", "µJ", "mJ", "J"]);

  function table(head, rows) {
    const cell = (tag, content) => {
      const { text, kind } = typeof content === "object" && !content.nodeType ? content : { text: content };
      return element(tag, kind ? { class: kind } : {}, text);
    };
    return element(
      "div",
      { class: "scroll" },
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...head.map((title) => cell("th", title)))),
        element(
          "tbody",
          {},
          ...rows.map((row) => element("tr", {}, ...row.map((content) => cell("td", content)))),
        ),
      ),
    );
  }

  const right = (text) => ({ text, kind: "number" });
  const mono = (text) => ({ text, kind: "mono" });

  function legend(entries) {
    return element(
      "div",
      { class: "legend" },
      ...entries.map(([label, variable]) =>
        element("span", {}, element("i", { style: `background:var(${variable})` }), label),
      ),
    );
  }

  function section(title, lead, ...children) {
    const made = element("section", {}, element("h2", {}, title));
    if (lead) made.append(element("p", { class: "soft" }, lead));
    made.append(...children);
    main.append(made);
    return made;
  }

  // Canvases are drawn again when their width or the colour scheme changes.

  const drawings = [];

  function drawing(height, label, draw) {
    const canvas = element("canvas", { role: "img", "aria-label": label });
    canvas.style.height = `${height}px`;
    const redraw = () => {
      const width = canvas.clientWidth;
      if (width === 0) return;
      const ratio = window.devicePixelRatio || 1;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      draw(context, width, height);
    };
    drawings.push(redraw);
    return canvas;
  }

  function pointAt(canvas, show) {
    const at = (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const x = Math.min(0.999999, Math.max(0, (event.clientX - left) / width));
      const y = Math.min(0.999999, Math.max(0, (event.clientY - top) / height));
      show(x, y);
    };
    canvas.addEventListener("pointermove", at);
    canvas.addEventListener("pointerdown", at);
  }

  // The flash as cells.

  function flashCells(cells, before) {
    const grid = element("div", { class: "flash" });
    const widest = Math.max(...history.partitions.map((partition) => partition.cells));
    const columns = `grid-template-columns:repeat(${Math.min(widest, CELLS_PER_ROW)},1fr)`;
    let first = 0;
    for (const { name, cells: length } of history.partitions) {
      const row = element("div", { class: "cells", style: columns });
      for (let cell = first; cell < first + length; cell += 1) {
        const [label, variable] = KINDS[cells[cell]] ?? KINDS["."];
        const isChanged = before !== undefined && before[cell] !== cells[cell];
        row.append(
          element("b", {
            title: label,
            style: `background:var(${variable})`,
            ...(isChanged ? { class: "changed" } : {}),
          }),
        );
      }
      grid.append(element("span", {}, PARTITIONS[name] ?? name), row);
      first += length;
    }
    return grid;
  }

  function flashLegend(texts) {
    const present = new Set(texts.join(""));
    return legend(
      Object.entries(KINDS)
        .filter(([letter]) => present.has(letter))
        .map(([, entry]) => entry),
    );
  }

  // Sections, from the top of the page down.

  function showHead() {
    const { kind, sentence } = report.verdict;
    const words = { proved: "Proved", broken: "Broken", open: "Not closed" };
    main.replaceChildren(
      element("h1", {}, `Campaign ${scenario.profile}/${scenario.name}`),
      element("p", { class: "soft" }, scenario.title),
    );
    const box = element(
      "section",
      { class: `verdict ${kind}` },
      element("h2", {}, words[kind] ?? kind),
      element("p", {}, sentence),
    );
    const figures = [
      ["states", count(exploration.states)],
      ["transitions", count(exploration.transitions)],
      ["power-ons", count(exploration.boots)],
      ["cut diameter", count(exploration.deepestNesting)],
      ["longest chain", count(exploration.longestChain)],
      ["torn budget", count(exploration.tornBudget)],
      ["seconds", Number(report.seconds).toFixed(1)],
    ];
    box.append(
      element(
        "dl",
        { class: "figures" },
        ...figures.map(([name, value]) =>
          element("div", {}, element("dt", {}, name), element("dd", {}, value)),
        ),
      ),
    );
    main.append(box);
  }

  function showFindings() {
    if (stories.length === 0) return;
    main.append(
      element("h2", { class: "group" }, "Counterexamples"),
      element(
        "p",
        { class: "soft" },
        "Fewest cuts first. Step through one power-on by power-on; changed cells have a bar below.",
      ),
    );
    stories.forEach((story, index) => showStory(story, index === 0));
  }

  /** @param isOpen the others are opened by whoever wants to read them */
  function showStory(story, isOpen) {
    const copy = element(
      "button",
      {
        type: "button",
        onclick: () => {
          if (navigator.clipboard) void navigator.clipboard.writeText(story.replay);
          copy.textContent = "copied";
        },
      },
      "copy",
    );
    const box = element(
      "details",
      isOpen ? { open: "" } : {},
      element("summary", {}, element("h2", {}, `${story.oracle}: ${story.sentence}`)),
      element(
        "p",
        { class: "soft" },
        story.end ?? `plan ${story.caseId.slice(story.caseId.indexOf("@") + 1)}`,
      ),
      element("div", { class: "case" }, element("code", {}, story.replay), copy),
    );
    main.append(element("section", {}, box));
    if (story.untold) box.append(element("p", {}, `It could not be replayed: ${story.untold}`));
    if (story.steps.length === 0) return;
    const stage = element("div", { "aria-live": "polite" });
    const buttons = story.steps.map((step, index) =>
      element(
        "button",
        {
          type: "button",
          class: step.objections.length > 0 ? "objected" : step.fate === "cut" ? "cut" : "",
          title: step.cutSentence ?? step.end,
          onclick: () => show(index),
        },
        String(step.number),
      ),
    );
    const show = (index) => {
      buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));
      stage.replaceChildren(...stepParts(story.steps[index]));
    };
    box.append(
      element("div", { class: "stepper" }, ...buttons),
      legend([
        ["power is cut", "--old"],
        ["an oracle objects", "--bad"],
      ]),
      stage,
      flashLegend(story.steps.flatMap(({ cellsBefore, cellsAfter }) => [cellsBefore, cellsAfter])),
    );
    const objected = story.steps.findIndex(({ objections }) => objections.length > 0);
    const cut = story.steps.map(({ fate }) => fate).lastIndexOf("cut");
    show(cut >= 0 ? cut : Math.max(0, objected));
  }

  function stepParts(step) {
    const plans = {
      cut: `cut ${step.cut}`,
      "ended-there": `${step.cut}, which is where it ends by itself`,
      "ended-before": `it ends by itself before ${step.cut}`,
      uncut: "uninterrupted",
    };
    const facts = element("dl", { class: "facts" });
    const fact = (name, ...values) => {
      facts.append(element("dt", {}, name), element("dd", {}, ...values));
    };
    const lines = (texts) => texts.map((text) => element("div", {}, text));
    fact("journal before", `${step.journalBefore}; floor ${step.floorBefore}`);
    if (step.log.length > 0) fact("log", ...lines(step.log));
    fact(
      "operations",
      ...(step.operationRuns.length === 0
        ? ["nothing is written"]
        : step.operationRuns.map(({ sentence, site }) =>
            element(
              "div",
              {},
              sentence,
              site ? element("span", { class: "soft" }, `, by ${lastPart(site.functionName)}`) : undefined,
            ),
          )),
    );
    fact("end", step.cutSentence ?? step.end);
    if (step.cutPlace) fact("cut in", step.cutPlace);
    fact("journal after", `${step.journalAfter}; floor ${step.floorAfter}`);
    for (const { oracle, sentence } of step.objections) {
      fact("objection", element("span", { class: "wrong" }, `${oracle}: ${sentence}`));
    }
    return [
      element("h3", {}, `Power-on ${step.number}: ${plans[step.fate] ?? step.fate}`),
      facts,
      element("h3", {}, "Flash before"),
      flashCells(step.cellsBefore),
      element("h3", {}, "Flash after"),
      flashCells(step.cellsAfter, step.cellsBefore),
    ];
  }

  function lastPart(name) {
    return name.slice(name.lastIndexOf("/") + 1);
  }

  function showOracles() {
    const rows = report.oracles.map(({ id, sentence, findings }) => {
      const isJudged =
        exploration.closed ||
        findings > 0 ||
        !["alive", "idempotent", "quiet", "wear", "radio-follows", "arrives"].includes(id);
      const verdict =
        findings > 0
          ? { text: things(findings, "finding").replace(" ", "\u00a0"), kind: "wrong" }
          : isJudged
            ? { text: "ok", kind: "good" }
            : { text: "open" };
      return [mono(id), verdict, sentence];
    });
    section(
      "Oracles",
      "What must be true of every power-on and of every step.",
      table(["oracle", "verdict", "rule"], rows),
    );
  }

  function showCanaries() {
    const { canaries } = report;
    if (canaries === undefined) return;
    if (canaries === "skipped") {
      section("Canaries", "They were not let out, so nothing shows that this campaign could fail.");
      return;
    }
    const rows = canaries.map(({ oracle, title, caught, cuts }) => [
      mono(oracle),
      caught ? { text: "caught", kind: "good" } : { text: "missed", kind: "wrong" },
      title,
      cuts ? mono(cuts) : "no cut",
    ]);
    section(
      "Canaries",
      "Bootloaders and firmware that are broken on purpose, each in one way, were let out first.",
      table(["oracle", "verdict", "what is wrong with it", "shortest plan"], rows),
    );
  }

  function showStrips() {
    if (strips.strips.length === 0) return;
    const used = [...new Set(strips.strips.flatMap(({ after, torn }) => [...after, ...torn]))].filter(
      (fate) => fate >= 0,
    );
    const box = section(
      "What became of each cut",
      "One strip per power-on of the uninterrupted run, from its first operation to its last. The upper band is a cut " +
        "after the operation, the lower one the worst way of tearing it. The line is what the cut costs: operations that are " +
        "done again, or only because of it.",
      legend(used.map((fate) => [strips.fates[fate].label, TONES[strips.fates[fate].tone]])),
    );
    const readout = element("p", { class: "readout" }, "Point at a strip.");
    strips.strips.forEach((strip, index) => {
      const { after, torn, toRest, again, boots, operations } = strip;
      const worstCost = Math.max(1, ...again);
      const label = `Power-on ${index + 1}, ${things(operations, "operation")}: ${summary(strip)}`;
      const canvas = drawing(58, label, (context, width) => {
        const rank = { new: 0, old: 1, unknown: 2, bad: 3 };
        const toneOf = (fate) => (fate < 0 ? undefined : strips.fates[fate].tone);
        context.fillStyle = color("--faint");
        context.fillRect(0, 0, width, 58);
        for (let x = 0; x < width; x += 1) {
          const from = Math.floor((x * after.length) / width);
          const to = Math.max(from + 1, Math.floor(((x + 1) * after.length) / width));
          const band = (fates, top) => {
            let worst;
            for (let at = from; at < to; at += 1) {
              const tone = toneOf(fates[at] ?? -1);
              if (tone !== undefined && (worst === undefined || rank[tone] > rank[worst])) worst = tone;
            }
            if (worst === undefined) return;
            context.fillStyle = color(TONES[worst]);
            context.fillRect(x, top, 1, 14);
          };
          band(after, 0);
          band(torn, 16);
        }
        context.strokeStyle = color("--ink");
        context.lineWidth = 1.5;
        context.beginPath();
        for (let x = 0; x <= width; x += 1) {
          const at = Math.min(after.length - 1, Math.floor((x * after.length) / width));
          context.lineTo(x, 56 - (22 * (again[at] ?? 0)) / worstCost);
        }
        context.stroke();
      });
      pointAt(canvas, (x) => {
        const at = Math.floor(x * after.length);
        const fate = strips.fates[after[at]];
        const tornFate = strips.fates[torn[at]];
        readout.textContent =
          `Power-on ${index + 1}, operation ${at}: cut after it, ${fate ? fate.label : "?"}` +
          (boots[at] < 0
            ? ""
            : ` after ${things(boots[at], "more power-on")} and ${things(toRest[at], "operation")}, ${count(again[at])} of them because of the cut`) +
          (tornFate ? `; torn, at worst ${tornFate.label}.` : "; not torn.");
      });
      box.append(
        element("h3", {}, `Power-on ${index + 1}: ${things(operations, "operation")}`),
        canvas,
        element("p", { class: "readout" }, summary(strip)),
      );
    });
    box.append(readout);
  }

  function summary({ after, torn, again }) {
    const tally = (fates) => {
      const counts = new Map();
      for (const fate of fates) if (fate >= 0) counts.set(fate, (counts.get(fate) ?? 0) + 1);
      return [...counts].map(([fate, times]) => `${strips.fates[fate].label} ${count(times)}×`).join(", ");
    };
    const tornText = tally(torn);
    return `Cut: ${tally(after)}. ${tornText === "" ? "None was torn." : `Torn: ${tornText}.`} A cut costs at most ${things(Math.max(0, ...again), "operation")}.`;
  }

  function showHistory() {
    const { frames, partitions } = history;
    const cellCount = frames[0].cells.length;
    const height = Math.max(160, cellCount * 3);
    const image = drawing(height, "The flash over time, one row per cell of flash.", (context, width) => {
      const colors = Object.fromEntries(
        Object.entries(KINDS).map(([letter, [, variable]]) => [letter, color(variable)]),
      );
      const top = (cell) => Math.round((cell * height) / cellCount);
      const left = (frame) => Math.round((frame * width) / frames.length);
      frames.forEach(({ cells, activity }, x) => {
        for (let cell = 0; cell < cellCount; cell += 1) {
          const isActive = activity[cell] !== ".";
          context.globalAlpha = isActive || cells[cell] === "." ? 1 : 0.55;
          context.fillStyle =
            activity[cell] === "e" || activity[cell] === "b" ? color("--erase") : colors[cells[cell]];
          context.fillRect(left(x), top(cell), left(x + 1) - left(x), top(cell + 1) - top(cell));
        }
      });
      context.globalAlpha = 1;
      context.fillStyle = color("--card");
      let first = 0;
      for (const partition of partitions) {
        if (first > 0) context.fillRect(0, top(first) - 1, width, 2);
        first += partition.cells;
      }
      frames.forEach(({ powerOn }, x) => {
        if (x > 0 && frames[x - 1].powerOn !== powerOn) context.fillRect(left(x) - 1, 0, 2, height);
      });
    });
    const readout = element("p", { class: "readout" });
    const cells = element("div");
    const slider = element("input", {
      type: "range",
      min: "0",
      max: String(frames.length - 1),
      value: "0",
      "aria-label": "time",
    });
    const show = (index) => {
      const frame = frames[index];
      const total = history.powerOns[frame.powerOn - 1]?.operations ?? 0;
      readout.textContent = `Power-on ${frame.powerOn}, ${count(frame.operation)} of ${things(total, "operation")} done.`;
      cells.replaceChildren(flashCells(frame.cells, frames[index - 1]?.cells));
    };
    slider.addEventListener("input", () => show(Number(slider.value)));
    pointAt(image, (x) => {
      slider.value = String(Math.floor(x * frames.length));
      show(Number(slider.value));
    });
    section(
      "Flash over time",
      `The run without a cut, from left to right; ${partitions.map(({ name }) => PARTITIONS[name] ?? name).join(", ")} from top to ` +
        `bottom, ${history.cellBytes / 1024} KiB per row. Full colour where something was programmed, and ` +
        "the colour of text where a page was erased. Gaps part the power-ons.",
      image,
      slider,
      readout,
      cells,
      flashLegend(frames.map(({ cells: text }) => text)),
    );
    show(0);
  }

  function showCoverage() {
    const cell = (site, name) => {
      const isAtomic = site.kinds.length > 0 && site.kinds.every((kind) => kind === "counter");
      if (isAtomic && (name === "torn" || name === "retorn")) return right("atomic");
      return right(site[name] === 0 ? "–" : count(site[name]));
    };
    const rows = coverage.sites.map((site) => [
      site.module,
      mono(`${site.functionName}+0x${site.offset.toString(16)}`),
      site.kinds.length === 0 ? { text: "never\u00a0reached", kind: "soft" } : site.kinds.join(", "),
      cell(site, "cut"),
      cell(site, "torn"),
      cell(site, "recut"),
      cell(site, "retorn"),
      fateBar(site.fates),
      site.source ? mono(`${site.source.file}:${site.source.line}`) : "",
    ]);
    const head = [
      "module",
      "call site",
      "operation",
      right("cut"),
      right("torn"),
      right("cut in recovery"),
      right("torn in recovery"),
      "what became of cuts",
      "source",
    ];
    const used = coverage.fates.filter((_fate, index) =>
      coverage.sites.some(({ fates }) => fates[index] > 0),
    );
    section(
      "Coverage of crash sites",
      coverage.sentence,
      legend(used.map(({ label, tone }) => [label, TONES[tone]])),
      table(head, rows),
    );
  }

  function fateBar(fates) {
    const parts = fates.flatMap((times, index) => {
      if (times === 0) return [];
      const { label, tone } = coverage.fates[index];
      // A fortieth at least, or the one cut that ends badly could not be seen.
      const share = Math.max(times, fates.reduce((sum, some) => sum + some, 0) / 40);
      const style = `background:var(${TONES[tone]});flex:${share} 0 0`;
      return [element("span", { title: `${label}: ${count(times)}`, style })];
    });
    return parts.length === 0 ? "" : element("div", { class: "bar" }, ...parts);
  }

  function showTerminals() {
    const { terminals, bootsToRunning, bootsToRest } = exploration;
    if (terminals.length === 0) return;
    const rows = terminals.map(({ image, journal, floor, states, reachedFrom }) => [
      image ?? "nothing",
      scenario.hasJournal ? journal : "not one of ours",
      right(floor),
      right(count(states)),
      right(count(reachedFrom)),
    ]);
    const bounds =
      bootsToRunning && bootsToRest
        ? `A running image within ${things(bootsToRunning.value, "boot")}, rest within ${things(bootsToRest.value, "boot")}, from every state.`
        : "";
    section(
      "Where it comes to rest",
      bounds,
      table(["what runs", "journal", right("floor"), right("states"), right("reached from")], rows),
    );
  }

  function showCost() {
    const { wear, pageBytes, powerOns, enduranceCycles } = history;
    const most = Math.max(1, ...wear);
    const chart = drawing(90, `Erases per page; the most is ${Math.max(...wear)}.`, (context, width) => {
      const column = width / wear.length;
      context.fillStyle = color("--faint");
      context.fillRect(0, 88, width, 2);
      context.fillStyle = color("--old");
      wear.forEach((erases, page) => {
        const bar = (82 * erases) / most;
        if (erases > 0) context.fillRect(page * column, 88 - bar, Math.max(1, column - 1), bar);
      });
    });
    const readout = element(
      "p",
      { class: "readout" },
      `${things(wear.length, "page")} of ${count(pageBytes)} bytes; the most erased one was erased ${things(Math.max(...wear), "time")}.`,
    );
    pointAt(chart, (x) => {
      const page = Math.floor(x * wear.length);
      readout.textContent = `Page ${page} at ${hex(page * pageBytes)}: erased ${things(wear[page], "time")}.`;
    });
    const sum = powerOns.reduce((total, { nanojoules }) => total + nanojoules.total, 0);
    const largest = Math.max(1, ...powerOns.map(({ nanojoules }) => nanojoules.total));
    const rows = powerOns.map(({ operations, micros, nanojoules }, index) => [
      right(String(index + 1)),
      right(count(operations)),
      right(duration(micros.total)),
      right(energy(nanojoules.total)),
      element(
        "div",
        { class: "bar", style: `width:${Math.max(2, (100 * nanojoules.total) / largest)}%` },
        ...CAUSES.map(([cause, label, variable]) =>
          element("span", {
            title: `${label}: ${energy(nanojoules[cause])}`,
            style: `background:var(${variable});flex:${nanojoules[cause]} 0 0`,
          }),
        ),
      ),
    ]);
    section(
      "Wear and energy",
      `Of one update without a cut: ${energy(sum)}. The part stands ${count(enduranceCycles)} erases per page.`,
      element("h3", {}, "Erases per page"),
      chart,
      readout,
      element("h3", {}, "Energy per power-on"),
      legend(CAUSES.map(([, label, variable]) => [label, variable])),
      table([right("power-on"), right("operations"), right("time"), right("energy"), "by cause"], rows),
    );
  }

  function showFoot() {
    main.append(
      element(
        "footer",
        {},
        element(
          "p",
          {},
          `Brownout ${data.version}. Bootloader of ${count(scenario.bootloaderBytes)} bytes; ${scenario.images.map(({ name, bytes }) => `${name} of ${count(bytes)} bytes`).join(", ")}.`,
        ),
        element("p", { class: "mono" }, `bootloader ${scenario.bootloaderDigest}`),
        element("p", { class: "mono" }, `inputs ${scenario.inputsDigest}`),
        element("p", { class: "mono" }, `graph ${exploration.graphDigest}`),
      ),
    );
  }

  showHead();
  showFindings();
  showOracles();
  showCanaries();
  showStrips();
  showHistory();
  showCoverage();
  showTerminals();
  showCost();
  showFoot();

  const redrawAll = () => {
    for (const redraw of drawings) redraw();
  };
  redrawAll();
  window.addEventListener("resize", redrawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  document.documentElement.dataset.drawn = "yes";
})();
