// The views on the same cursor: space and time, the list of events, the tables, and why.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goto, now, rest, sideways, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const space = async (page) => {
  await page.click(".views button >> nth=1");
  await rest(page);
};

test("space and time: the same nodes, the crash, the first difference, messages with key and version", async () => {
  const visit = await site.open();
  const { page } = visit;
  const nodes = await page.$$eval(".target-node", (nodes) => nodes.map((node) => node.dataset.name));
  await space(page);
  assert.equal(await page.getAttribute(".views button >> nth=1", "aria-pressed"), "true");
  assert.deepEqual(await page.$$eval(".target-node", (nodes) => nodes.map((node) => node.dataset.name)), nodes, "in the same order");
  assert.ok(await page.$("svg.path .apart"), "the first difference is a thick segment");
  const labels = await page.$$eval(".hop", (hops) => hops.map((hop) => hop.getAttribute("aria-label")));
  assert.ok(labels.some((label) => /^Product-17 version 1 to|^Product-17 to source, sent 12\.\d+, arrives/.test(label)), labels.join("\n"));
  assert.ok(labels.some((label) => label.startsWith("12.500 s. App crashes")));
  const times = await page.$$eval(".hop", (hops) => hops.map((hop) => Number(hop.dataset.name.split("-")[1])));
  assert.deepEqual(times, [...times].sort((a, b) => a - b), "the list is in the order of time");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("choosing a message shows what it depends on, in the picture and in words", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=11s" });
  const { page } = visit;
  await space(page);
  assert.equal(await page.$(".cross-line.told"), null);
  const hop = page.locator(".hop[aria-label*='version 1 to search-index']").first();
  await hop.click();
  await rest(page);
  assert.equal(await hop.getAttribute("aria-pressed"), "true");
  const [told, others] = [await page.$$eval(".cross-line.told", (all) => all.length), await page.$$eval(".cross-line.rest", (all) => all.length)];
  assert.ok(told >= 3 && others > told, `${told} told, ${others} not`);
  assert.match(await page.textContent(".pane h2"), /sends the call to search-index/i);
  assert.match(await page.textContent(".why-sentence"), /It all began at [\d.]+ s/);
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await page.$(".cross-line.told"), null, "Escape leaves the selection");
  await visit.close();
});

test("space and time by keyboard: one tab stop, arrows in the order of time", async () => {
  const visit = await site.open();
  const { page } = visit;
  await space(page);
  assert.equal(await page.$$eval(".hop[tabindex='0']", (stops) => stops.length), 1);
  await page.focus(".hop[tabindex='0']");
  const name = () => page.evaluate(() => document.activeElement.dataset.name);
  const first = await name();
  await page.keyboard.press("ArrowDown");
  const second = await name();
  assert.ok(Number(second.split("-")[1]) > Number(first.split("-")[1]));
  await page.keyboard.press("ArrowUp");
  assert.equal(await name(), first);
  await page.keyboard.press("Enter");
  await rest(page);
  assert.equal(await page.getAttribute(`[data-name=${first}]`, "aria-pressed"), "true");
  await visit.close();
});

test("space and time is a function of the cursor: playing and seeking come to the same picture", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=11s" });
  const { page } = visit;
  await space(page);
  const picture = () => page.$eval("svg.path", (svg) => svg.outerHTML);
  const before = await picture();
  await page.click(".play");
  await page.waitForFunction((was) => document.querySelector("svg.path").outerHTML !== was, before);
  await page.click(".play");
  await goto(page, "#missing-search-index?at=20s");
  assert.notEqual(await picture(), before);
  await goto(page, "#missing-search-index?at=11s");
  assert.equal(await picture(), before);
  await visit.close();
});

for (const width of [360, 390, 720, 1024, 1440, 2560]) {
  test(`space and time fits at ${width} px`, async () => {
    const visit = await site.open({ viewport: { width, height: 900 } });
    const { page } = visit;
    await space(page);
    for (const hash of ["#missing-search-index", "#outbox-relay-crash", "#cdc", "#two-phase-commit-blocked", "#cascade"]) {
      await goto(page, hash);
      const over = await sideways(page);
      assert.ok(over <= 0, `${hash} scrolls sideways by ${over}`);
      const small = await page.$$eval(".hop, .views button", (found) =>
        found.map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width < 23.5 || height < 23.5).length);
      assert.equal(small, 0, `${hash}: targets under 24 px`);
    }
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}

test("events by node, kind and key; a line is a jump, chooses its event, and can be asked why", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("#tab-events");
  const lines = () => page.$$eval(".event-line .event-words", (lines) => lines.map((line) => line.textContent));
  await page.selectOption("select[aria-label='Filter by kind']", { label: "crashed" });
  await rest(page);
  assert.equal((await lines()).length, 1);
  assert.match(await page.textContent(".event-count"), /^1 of 3,\d{3}$/);
  await page.click(".event-line");
  await rest(page);
  assert.equal(await now(page), "12.500 s");
  await page.click(".event-why");
  await rest(page);
  assert.match(await page.textContent(".pane h2"), /^App crashes, back at 14\.500 s/);
  assert.equal(await page.textContent(".why-sentence"), "The scenario has it so: crash app, 12.5 s.");
  await page.click("#tab-events");
  await page.selectOption("select[aria-label='Filter by node']", "source");
  await page.selectOption("select[aria-label='Filter by key']", "product-17");
  await rest(page);
  assert.ok((await lines()).every((line) => line.startsWith("source") && line.includes("product-17")));
  assert.ok((await lines()).length > 1);
  await page.selectOption("select[aria-label='Filter by node']", "app");
  await page.selectOption("select[aria-label='Filter by kind']", { label: "crashed" });
  await rest(page);
  assert.equal((await lines()).length, 0, "a crash is of no key");
  assert.match(await page.textContent(".no-events"), /^No event matches\. [\d,]+ are hidden\./);
  await visit.close();
});

test("the current event is marked, and the list follows the cursor", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("#tab-events");
  await page.click(".next");
  await rest(page);
  assert.equal(await page.$$eval(".event-line[aria-current=time]", (lines) => lines.length), 1);
  await page.click(".start");
  await rest(page);
  const line = await page.$eval(".event-list", (list) => list.getBoundingClientRect().height);
  assert.ok(line > 0);
  assert.ok((await page.$$eval(".event-line", (lines) => lines.length)) < 80, "only the lines in view are elements");
  await visit.close();
});

test("tables of source, outbox, log, offsets and store; what the last event changed is underlined", async () => {
  const visit = await site.open({ hash: "#outbox-relay-crash" });
  const { page } = visit;
  await page.click("#tab-rows");
  const names = await page.$$eval("select[aria-label=Table] option", (options) => options.map((option) => option.value).filter(Boolean));
  for (const name of ["source", "outbox", "log", "offsets"]) assert.ok(names.includes(name), names.join(" "));
  await page.click(".check input");
  for (const name of names) {
    await page.selectOption("select[aria-label=Table]", name);
    await rest(page);
    assert.ok(await page.$(".pane table, .pane p"), name);
  }
  await page.selectOption("select[aria-label=Table]", "source");
  await page.click("#tab-events");
  await page.selectOption("select[aria-label='Filter by kind']", { label: "committed" });
  await rest(page);
  await page.click(".event-line >> nth=0");
  await page.click("#tab-rows");
  await page.selectOption("select[aria-label=Table]", "source");
  await rest(page);
  const changed = await page.$$eval(".cell.changed", (cells) => cells.map((cell) => cell.textContent));
  assert.ok(changed.length > 0, "a commit changes the source's table");
  await visit.close();
});

test("an alarm's flag can be pressed, and Why says what the detector saw and what is so", async () => {
  const visit = await site.open();
  const { page } = visit;
  const [presets] = await page.$$eval(".bar select", (selects) => selects.map((select) => [...select.options].map((option) => option.value).filter(Boolean)));
  let met = 0;
  for (const preset of presets) {
    await goto(page, `#${preset}`);
    await page.selectOption(".units select", "alarm");
    await page.click(".start");
    await page.click(".next");
    await rest(page);
    await page.focus(".timeline");
    await page.keyboard.press("Enter");
    await rest(page);
    const sentence = await page.textContent(".why-sentence").catch(() => "");
    if (!/fires from/.test(sentence)) continue;
    met += 1;
    assert.match(sentence, /What is so: .+\. The alarm is (true|false)\./);
    if (met === 2) break;
  }
  assert.equal(met, 2);
  await visit.close();
});
