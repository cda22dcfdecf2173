// How the page behaves towards who uses it: what is dropped and typed over a dialog, where the focus goes when one closes,
// what is said, and what is there again when the page is loaded again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { goto, rest, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const PROGRAM = readFileSync(new URL("../../dist/worker.js", import.meta.url), "utf8");
const HASH = "#missing-search-index?at=12503ms";
const focused = (page) => page.evaluate(() => document.activeElement.className || document.activeElement.tagName);
const said = (page) => page.textContent("[aria-live]:not(:empty)");
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
  await rest(page);
};
/** A file dragged over an element, and dropped there: whether the browser is kept from leaving the page for it. */
const drag = (page, over, text) => page.$eval(over, (element, text) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], "x.json", { type: "application/json" }));
  return ["dragover", "drop"].map((name) => {
    const event = new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
    element.dispatchEvent(event);
    return event.defaultPrevented;
  });
}, text);

test("a file over an open dialog is taken, and never leaves the page for it", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  const seed = (value) => page.waitForFunction((value) => document.querySelector(".bar .seed").value === value, value);
  await page.click(".share");
  assert.deepEqual(await drag(page, ".share-dialog h2", '{"seed": 31}'), [true, true]);
  await seed("31");
  await page.click(".share");
  assert.deepEqual(await drag(page, ".share-dialog textarea", '{"seed": 32}'), [true, true]);
  await seed("32");
  await page.click(".edit-scenario");
  assert.deepEqual(await drag(page, ".editor h2", '{"seed": 33}'), [true, true]);
  await page.waitForFunction(() => document.querySelector("#json").value.includes("33"));
  assert.equal(await page.inputValue(".bar .seed"), "32", "the editor keeps it until it is used");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("undo works after a select, a check and a slider; in a dialog and in a field the keys are theirs", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  const strategy = () => page.inputValue(".bar select >> nth=1");
  await page.focus(".bar select >> nth=1");
  await page.selectOption(".bar select >> nth=1", "outbox");
  await rest(page);
  await press(page, "Control+z");
  assert.equal(await strategy(), "direct-db-first");
  await page.click("#tab-alarms");
  const detector = page.locator(".detectors label:has-text('full-diff') input");
  const was = await detector.isChecked();
  await detector.click();
  await rest(page);
  assert.equal(await detector.isChecked(), !was);
  await press(page, "Control+z");
  assert.equal(await detector.isChecked(), was);
  await press(page, "Control+Shift+Z");
  assert.equal(await detector.isChecked(), !was);
  for (const [open, dialog] of [[".share", ".share-dialog"], [".edit-scenario", ".editor"]]) {
    await page.click(open);
    await page.focus(`${dialog} button >> nth=-1`);
    await press(page, "Control+z", "?");
    assert.equal(await page.locator("dialog[open]").count(), 1);
    assert.ok(await page.isVisible(dialog), `${dialog} stays`);
    assert.equal(await detector.isChecked(), !was, `${dialog}: the run is not undone`);
    await press(page, "Escape");
  }
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("Escape leaves the selection, and the tab stays", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  await page.click("#tab-events");
  await page.click(".event-line >> nth=2");
  assert.ok(await page.$(".event-why"));
  await press(page, "Escape");
  assert.equal(await page.$(".event-why"), null);
  assert.equal(await page.getAttribute("#tab-events", "aria-selected"), "true");
  await visit.close();
});

test("the focus is again where it was when a dialog closes", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  await page.focus(".timeline");
  await press(page, "?");
  await page.click(".dialog-close");
  await rest(page);
  assert.equal(await focused(page), "timeline");
  for (const [from, close] of [["share", ".dialog-close"], ["share", "Escape"], ["quiet edit-scenario", "text=\"Cancel\""], ["quiet edit-scenario", "Escape"]]) {
    await page.focus(`.${from.split(" ").at(-1)}`);
    await press(page, "Enter");
    await (close === "Escape" ? press(page, close) : page.click(close));
    await rest(page);
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.equal(await focused(page), from, close);
  }
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("comparing: the fourth lane leaves the focus on the page, and what is said is of these runs", async () => {
  const visit = await site.open({ hash: "#missing-search-index?compare=direct-db-first,outbox,cdc&at=20s" });
  const { page } = visit;
  await page.click(".with button >> nth=0");
  await page.click(".choices button >> nth=0");
  await rest(page);
  assert.ok(await page.isDisabled(".with button >> nth=0"));
  assert.equal(await focused(page), "timeline axis");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("comparing: what is said after an edit and at a pause is of the runs that are shown", async () => {
  const visit = await site.open({ hash: "#missing-search-index?compare=direct-db-first,outbox&at=20s" });
  const { page } = visit;
  await page.click(".chip >> nth=0");
  await rest(page);
  assert.match(await said(page), /^At 20\.000 s, direct-db-first: nothing differs; outbox: /, "without its crash");
  await page.focus(".axis");
  await press(page, "Space", "Space");
  assert.match(await said(page), /direct-db-first: .*; outbox: /, "paused");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what is down is hatched wherever it is drawn, and the hatch is there once", async () => {
  for (const hash of [HASH, `${HASH}&view=timeline`, "#missing-search-index?compare=direct-db-first,outbox"]) {
    const visit = await site.open({ hash });
    const { page } = visit;
    for (const press of ["", ".views button >> nth=1"]) {
      if (press && !(await page.$(press))) continue;
      if (press) await page.click(press);
      assert.equal(await page.locator("#hatch").count(), 1, `${hash} ${press}`);
      assert.ok(await page.locator(".hatched").count() > 0, hash);
      const fill = await page.$eval(".hatched", (bar) => getComputedStyle(bar).fill);
      assert.match(fill, /url\("#hatch"\)/);
    }
    assert.deepEqual(visit.faults, []);
    await visit.close();
  }
});

test("a trace can be chosen from a folder, as it was saved there", async () => {
  const visit = await site.open({ hash: HASH });
  await visit.page.click(".share");
  assert.match(await visit.page.getAttribute(".share-dialog input[type=file]", "accept"), /(^|,)\.jsonl(,|$)/);
  await visit.close();
});

test("what is stored is read once, not at every step", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  await page.evaluate(() => {
    const own = Storage.prototype.getItem;
    globalThis.reads = 0;
    Storage.prototype.getItem = function getItem(...args) { globalThis.reads += 1; return own.apply(this, args); };
  });
  for (let step = 0; step < 5; step += 1) await page.click(".next");
  assert.equal(await page.evaluate(() => globalThis.reads), 0);
  await visit.close();
});

test("a line over many seeds goes with the scenario that it was of", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  await page.click(".place >> text=Matrix");
  await page.fill(".sweep .seed", "20");
  await page.click(".sweep-run");
  await page.waitForFunction(() => /^20 of 20 runs/.test(document.querySelector(".sweep-state")?.textContent), undefined, { timeout: 60_000 });
  await page.fill(".bar .seed", "99");
  await press(page, "Enter");
  assert.equal(await page.$(".sweep-state"), null);
  assert.equal(await page.textContent(".sweep-run"), "Run");
  await visit.close();
});

test("loaded again the page is at the place where it was left", async () => {
  for (const [place, there] of [["Matrix", ".matrix-words"], ["Compare", ".board"]]) {
    const visit = await site.open({ hash: HASH });
    const { page } = visit;
    await page.click(`.place >> text=${place}`);
    await page.waitForTimeout(600);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    assert.ok(await page.$(there), place);
    assert.equal(await page.getAttribute(".place[aria-current=page]", "class"), "place");
    assert.equal(await page.textContent(".place[aria-current=page]"), place);
    assert.ok(await page.$(".bar"), "with the page around it");
    assert.deepEqual(visit.faults, []);
    await visit.close();
  }
});

test("where the worker's program does not arrive, the page does the work itself", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  await page.context().route("**/worker.js", (route) => route.fulfill({
    contentType: "text/javascript", body: PROGRAM.replace("./page_bg.wasm", "./nowhere.wasm"),
  }));
  await page.click(".place >> text=Matrix");
  await page.waitForFunction(() => /^[1-9][\d,]* of 1,\d{3} runs/.test(document.querySelector(".matrix-words")?.textContent), undefined, { timeout: 60_000 });
  await visit.close();
});

test("choosing another event closes the menu of the one before", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=12.4936s" });
  const { page } = visit;
  await page.click(".views button >> nth=1");
  await rest(page);
  await page.click(".target-node >> nth=0");
  await rest(page);
  assert.ok(await page.$(".menu"));
  await page.$eval(".hop[aria-pressed=false]", (hop) => hop.click());
  await rest(page);
  assert.equal(await page.$(".menu"), null);
  await visit.close();
});

test("what is done with the whole scenario stands on one line, however long the faults are", async () => {
  const visit = await site.open();
  const { page } = visit;
  for (const width of [720, 800, 1024, 1200, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    for (const preset of ["missing-search-index", "cdc-slot-lost", "outbox-relay-crash", "two-phase-commit-unsupported"]) {
      await goto(page, `#${preset}`);
      const middles = await page.$$eval(".edit-scenario, .with > button, .undo", (all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ top, bottom }) => Math.round((top + bottom) / 2)));
      assert.equal(middles.length, 3);
      assert.equal(new Set(middles).size, 1, `${preset} at ${width}: ${middles}`);
    }
  }
  await visit.close();
});
