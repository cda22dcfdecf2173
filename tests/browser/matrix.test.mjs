// The matrix as a person uses it: it fills by itself from a worker, says what the library says, opens a square, is given
// up at once, and works where no worker can start.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

/** What the library calls each square of the first preset (tests/native/matrix.rs writes it). */
const GOLDEN = readFileSync(new URL("../golden/matrix-missing-search-index.txt", import.meta.url), "utf8").trim().split("\n");
const WIDTHS = [360, 390, 720, 1024, 1440, 2560];
const PATIENCE = { timeout: 90_000 };

/** Keeps a list of the tasks that held up the page, and of the worker's life. */
const watched = () => {
  globalThis.tasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.tasks.push(Math.round(entry.duration));
  }).observe({ type: "longtask" });
  const Own = globalThis.Worker;
  globalThis.workers = { begun: 0, ended: 0 };
  globalThis.Worker = class extends Own {
    constructor(...args) { super(...args); globalThis.workers.begun += 1; }
    terminate() { super.terminate(); globalThis.workers.ended += 1; }
  };
};

/** The matrix of the page; `over` waits until it is whole. */
async function matrix({ over = true, ...options } = {}) {
  const visit = await site.open(options);
  await visit.page.evaluate(watched);
  await visit.page.click(".place >> text=Matrix");
  if (over) await whole(visit.page);
  return visit;
}
const words = (page) => page.textContent(".matrix-words");
const whole = (page) => page.waitForFunction(() => /none skipped/.test(document.querySelector(".matrix-words")?.textContent), undefined, PATIENCE);
const labels = (page) => page.$$eval("[role=gridcell]", (cells) => cells.map((cell) => cell.getAttribute("aria-label")).filter((label) => !label.endsWith("no such step.")));
/** Begins a sweep over something, with so many seeds. */
async function sweep(page, label, seeds) {
  await page.selectOption(".sweep-over", { label });
  await page.fill(".sweep .seed", String(seeds));
  await page.keyboard.press("Tab");
  await page.click(".sweep-run");
}
const told = (page) => page.waitForSelector(".matrix-need", PATIENCE);

test("it is complete, and each square says what the library says", async () => {
  const visit = await matrix({ over: false });
  const { page } = visit;
  const begun = Date.now();
  await whole(page);
  // The worker's start and the last drawing are in it: no less than its work.
  const took = Date.now() - begun;
  console.log(`# from the click to the whole matrix: ${took} ms`);
  assert.ok(took < (process.env.QUIET ? 5_000 : 60_000), `${took} ms`);
  assert.match(await words(page), /^1,\d{3} of 1,\d{3} runs, none skipped; \d of 10 anomalies reached somewhere/);
  const [runs, total] = (await words(page)).match(/[\d,]+/g);
  assert.equal(runs, total);
  await page.check(".matrix + .check input");
  assert.deepEqual(await labels(page), GOLDEN);
  assert.deepEqual(await page.evaluate(() => globalThis.workers), { begun: 1, ended: 1 });
  const tasks = await page.evaluate(() => globalThis.tasks);
  console.log(`# tasks over 50 ms on the page's own thread: ${JSON.stringify(tasks)}`);
  // The worker's own work is seconds: none of it is on the page's thread. A busy machine stretches what is there.
  assert.ok(tasks.every((ms) => ms < (process.env.QUIET ? 50 : 400)), JSON.stringify(tasks));
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("it is given up at once, and says so", async () => {
  const visit = await matrix({ over: false });
  const { page } = visit;
  await page.waitForFunction(() => /^[1-9]/.test(document.querySelector(".matrix-words").textContent), undefined, PATIENCE);
  assert.match(await words(page), /^[\d,]+ of [\d,]+ runs\. Dots are not done yet\.$/);
  await page.click("text=\"Cancel\"");
  await page.waitForFunction(() => document.querySelector(".matrix-words").textContent.startsWith("Cancelled at "), undefined, { timeout: 1_000 });
  assert.match(await words(page), /^Cancelled at [\d,]+ of 1,\d{3} runs\. Not complete\.$/);
  assert.deepEqual(await page.evaluate(() => globalThis.workers), { begun: 1, ended: 1 });
  const left = await words(page);
  await page.waitForTimeout(500);
  assert.equal(await words(page), left, "nothing comes after it");
  assert.ok((await page.$$eval("[role=gridcell]", (cells) => cells.filter((cell) => cell.getAttribute("aria-label").endsWith("not done yet.")).length)) > 0);
  await page.click("text=Run again");
  await whole(page);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("leaving the place ends the worker; coming back shows what was found", async () => {
  const visit = await matrix();
  const { page } = visit;
  await page.click(".place >> text=Lab");
  await page.click(".place >> text=Matrix");
  assert.match(await words(page), /none skipped/);
  assert.equal(await page.evaluate(() => globalThis.workers.begun), 1, "nothing is searched twice");
  await page.selectOption(".bar select", "outbox-id-gap");
  await page.waitForFunction(() => /Dots are not done yet/.test(document.querySelector(".matrix-words").textContent), undefined, PATIENCE);
  await page.click(".place >> text=Lab");
  const { begun, ended } = await page.evaluate(() => globalThis.workers);
  assert.equal(begun, ended);
  await visit.close();
});

test("a square is a short story, and can be watched", async () => {
  const visit = await matrix();
  const { page } = visit;
  await page.click("[role=gridcell][aria-label='direct-db-first, app after commit before publish: missing, 2 of 4 passes.']");
  await told(page);
  assert.equal(await page.textContent(".matrix-place"), "direct-db-firstapp.after-commit-before-publish");
  assert.match(await page.textContent(".matrix-panel h2"), /^The database has .+\. The search index does not\.$/);
  assert.match(await page.textContent(".matrix-size"), /^The shortest run that shows it: 1 change and 1 crash, shrunk from 4 changes\. 2 of 4 passes of this point end like this, none worse\.$/);
  const steps = await page.$$(".matrix-panel .why-line");
  assert.ok(steps.length >= 4 && steps.length <= 9, `${steps.length} lines`);
  assert.ok((await page.$$eval(".matrix-need dd", (all) => all.map((one) => one.textContent))).every((then) => then.startsWith("no row is missing")));
  await page.click("text=Watch it");
  await page.waitForSelector(".verdict");
  assert.match(await page.textContent(".verdict"), /diverged, silent/);
  assert.equal(await page.textContent(".places [aria-current]"), "Lab");
  await page.click(".place >> text=Matrix");
  assert.match(await words(page), /none skipped/, "the matrix is still there");
  assert.ok(await page.$(".matrix-need"), "and so is the open square");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("link and test of a square can be copied, and are its run", async () => {
  const visit = await matrix({ permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = visit;
  await page.click("[role=gridcell][aria-label^='two-phase-commit, coordinator after prepare before decision: blocked']");
  await told(page);
  assert.match(await page.textContent(".matrix-panel h2"), /^1 change waits for \d/);
  await page.click("text=Copy as test");
  await page.waitForSelector(".matrix-copied");
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^driftscope run '#[^']+' --expect blocked$/);
  await page.click("text=Copy link");
  await page.waitForFunction(() => navigator.clipboard.readText().then((text) => text.startsWith("http")));
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const again = await site.open({ hash: `#${link.split("#")[1]}` });
  assert.match(await again.page.textContent(".verdict"), /blocked/);
  assert.equal(await again.page.$(".notice"), null);
  await again.close();
  await visit.close();
});

test("the keyboard alone opens a square, and the screen reader hears its headline", async () => {
  const visit = await matrix();
  const { page } = visit;
  await page.focus("table.matrix");
  for (const key of ["End", "Home", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  await told(page);
  assert.equal(await page.getAttribute("table.matrix", "aria-activedescendant"), "square-4-0");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "TABLE", "the focus stays");
  assert.equal(await page.textContent("[role=status]"), await page.textContent(".matrix-panel h2"));
  assert.equal(await page.getAttribute("#square-4-0", "aria-selected"), "true");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.type), "checkbox", "one tab stop for the whole board");
  await visit.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing, ${colorScheme}, while it runs and with a square open`, async () => {
    const visit = await matrix({ colorScheme, over: false });
    assert.deepEqual(await visit.axe(), [], "running");
    await whole(visit.page);
    await visit.page.click("[role=gridcell][aria-label*=': missing']");
    await told(visit.page);
    assert.deepEqual(await visit.axe(), [], "open");
    await visit.close();
  });
}

test("nothing is cut off at any width", async () => {
  const visit = await matrix();
  const { page } = visit;
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(100);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}: the page scrolls sideways`);
    const cut = await page.$$eval(".matrix .square, .matrix thead th, .matrix tbody th", (all) =>
      all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent));
    assert.deepEqual(cut, [], `${width}`);
    if (width < 1024) assert.match(await page.textContent(".matrix-pager"), / of 8/);
  }
  await visit.close();
});

test("many seeds are a line that fills, states its pace, and can be given up", async () => {
  const visit = await matrix();
  const { page } = visit;
  await sweep(page, "nodes.app.crash_rate", 40);
  await page.waitForFunction(() => /^160 of 160 runs, [\d,]+ runs a second\.$/.test(document.querySelector(".sweep-state")?.textContent), undefined, PATIENCE);
  console.log(`# ${await page.textContent(".sweep-state")}`);
  assert.equal(await page.$$eval(".sweep-table tbody tr", (rows) => rows.length), 4);
  assert.equal(await page.$$eval(".sweep-chart path.mean, .sweep-chart path.band", (all) => all.length), 2);
  assert.equal(await page.$(".sweep-formula"), null, "this scenario has a crash of its own: no formula holds");
  assert.deepEqual(await visit.axe(), []);
  await page.fill(".sweep-vary input", "nodes.ap.crash_rate=1/s");
  await page.keyboard.press("Tab");
  await page.click(".sweep-run");
  await page.waitForSelector(".sweep-refused", PATIENCE);
  assert.match(await page.textContent(".sweep-refused"), /nodes\.ap/);
  await sweep(page, "the seeds alone", 10000);
  await page.waitForFunction(() => /^[1-9][\d,]* of 10,000 runs/.test(document.querySelector(".sweep-state")?.textContent), undefined, PATIENCE);
  await page.click(".sweep-run");
  await page.waitForFunction(() => /^Cancelled at [\d,]+ of 10,000 runs.*Not complete\.$/.test(document.querySelector(".sweep-state")?.textContent), undefined, { timeout: 1_000 });
  console.log(`# ${await page.textContent(".sweep-state")}`);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("ten thousand seeds are all run, and their pace is stated", async () => {
  const visit = await matrix();
  const { page } = visit;
  await sweep(page, "the seeds alone", 10000);
  const state = () => page.textContent(".sweep-state");
  await page.waitForFunction(() => /^10,000 of 10,000 runs/.test(document.querySelector(".sweep-state")?.textContent), undefined, PATIENCE);
  console.log(`# ${await state()}`);
  const [, pace] = (await state()).match(/^10,000 of 10,000 runs, ([\d,]+) runs a second\.$/);
  assert.ok(Number(pace.replaceAll(",", "")) > 0, pace);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

/** The page in a frame with sandbox="allow-scripts": another site, which may not start a worker. */
test("in a sandboxed frame it falls back to the page's own thread, a few ms at a time", async () => {
  const host = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>Host</title><iframe title="matrix" sandbox="allow-scripts" width="1200" height="800" src="${site.address}#missing-search-index?view=matrix"></iframe>`);
  });
  await new Promise((done) => host.listen(0, "127.0.0.1", done));
  const visit = await site.open();
  const { page } = visit;
  await page.goto(`http://127.0.0.1:${host.address().port}/`);
  const frame = page.frameLocator("iframe");
  await frame.locator(".matrix-words", { hasText: /Dots are not done yet/ }).waitFor(PATIENCE);
  await frame.locator("text=\"Cancel\"").click();
  await frame.locator(".matrix-words", { hasText: /^Cancelled at/ }).waitFor({ timeout: 2_000 });
  await frame.locator("text=Run again").click();
  await frame.locator(".matrix-words", { hasText: /none skipped/ }).waitFor({ timeout: 180_000 });
  host.close();
  await visit.close();
});
