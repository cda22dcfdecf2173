// The scenario editor: form and JSON say the same, what is refused is said where it stands, and nothing typed is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const LINK = "#missing-search-index?strategy=outbox&at=20s";
const edit = async (options = {}) => {
  const visit = await site.open({ hash: LINK, ...options });
  if ((options.viewport?.width ?? 1440) < 720) await visit.page.click(".bar-line button");
  await visit.page.click(".edit-scenario");
  await visit.page.waitForSelector(".editor[open]");
  return visit;
};
const json = async (page) => JSON.parse(await page.inputValue("#json"));
const idle = (page) => page.waitForTimeout(900);
const field = (path) => `[id="edit-${path}"]`;
const fold = (group) => `.fold-line:has(.mono:text-is("${group}"))`;
const refused = (page) => page.$$eval("#editor-refused li", (lines) => lines.map((line) => line.textContent));

test("a field writes the JSON, the JSON fills the fields, and Use it runs them", async () => {
  const visit = await edit();
  const { page } = visit;
  assert.equal(await page.inputValue(field("strategy")), "outbox");
  assert.equal(await page.inputValue(field("faults")), "crash:app@12.5s+2s");
  await page.fill(field("title"), "7");
  await page.fill(field("faults"), "crash:app@12.5s+2s\ncrash:relay@13s");
  assert.deepEqual((await json(page)).faults, ["crash:app@12.5s+2s", "crash:relay@13s"]);
  assert.equal((await json(page)).title, "7");
  await page.click(fold("outbox"));
  assert.equal(await page.getAttribute(field("outbox.poll"), "placeholder"), "1s");
  await page.fill(field("outbox.poll"), "250ms");
  assert.equal((await json(page)).outbox.poll, "250ms");
  const text = await page.inputValue("#json");
  await page.fill("#json", text.replace('"250ms"', '"300ms"'));
  assert.equal(await page.inputValue(field("outbox.poll")), "300ms");
  await page.fill(field("outbox.poll"), "");
  assert.equal((await json(page)).outbox, undefined, "nothing typed: the default, and no empty block");
  await page.fill(field("outbox.poll"), "300ms");
  await page.click(".editor .primary");
  await page.waitForSelector(".editor", { state: "detached" });
  assert.equal(await page.textContent(".now"), "20.000 s", "the time is kept");
  assert.equal(await page.$$eval(".chip", (chips) => chips.length), 2);
  await page.waitForFunction(() => location.hash.includes("outbox.poll=300ms"));
  assert.equal(await page.evaluate(() => document.activeElement.className.includes("edit-scenario")), true, "the focus returns");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what is refused is said at the field, in the margin and on top; the stage keeps the last good run", async () => {
  const visit = await edit();
  const { page } = visit;
  const before = await page.$eval("main .rows-grid", (rows) => rows.outerHTML);
  await page.fill(field("seed"), "-1");
  await page.fill(field("duration"), "12.5");
  await idle(page);
  assert.deepEqual(await refused(page), [
    "seed is -1. It must be a whole number from 0 to 9007199254740991.",
    'duration is 12.5. A time needs a unit: "12.5s".',
  ]);
  assert.match(await page.textContent("#editor-refused"), /^Not run\. 2 things to change\./);
  assert.equal(await page.getAttribute(field("duration"), "aria-invalid"), "true");
  assert.match(await page.textContent(".option:has([id='edit-duration']) .option-wrong"), /A time needs a unit/);
  const lines = (await page.inputValue("#json")).split("\n");
  const marked = await page.$$eval(".json-margin .bold", (marks) => marks.map((mark) => Number(mark.textContent)));
  assert.deepEqual(marked, ["seed", "duration"].map((name) => lines.findIndex((line) => line.includes(`"${name}"`)) + 1));
  assert.equal(await page.textContent(".accepted"), "showing the last run that was accepted");
  assert.equal(await page.$eval("main .rows-grid", (rows) => rows.outerHTML), before);
  await page.click(".editor .primary");
  assert.equal(await page.evaluate(() => document.activeElement.id), "editor-refused");
  assert.equal(await page.inputValue(field("duration")), "12.5", "nothing typed is lost");
  await page.click("#editor-refused li >> nth=1 >> button");
  assert.equal(await page.evaluate(() => document.activeElement.id), "edit-duration");
  await page.fill(field("duration"), "60s");
  await page.fill(field("seed"), "0.50");
  assert.equal(await page.inputValue(field("seed")), "0.50", "a number on its way is not rewritten");
  await page.fill(field("seed"), "9");
  await idle(page);
  assert.deepEqual(await refused(page), []);
  assert.equal(await page.$(".accepted"), null);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("text that is no JSON stays, with its line; the form waits", async () => {
  const visit = await edit();
  const { page } = visit;
  await page.fill("#json", '{\n  "seed": 7,\n  "strategy": outbox\n}');
  await page.waitForSelector("#editor-refused li");
  assert.match((await refused(page)).join(), /^document is not JSON near/);
  assert.deepEqual(await page.$$eval(".json-margin .bold", (marks) => marks.map((mark) => mark.textContent)), ["3"]);
  assert.equal(await page.isDisabled(field("seed")), true);
  assert.equal(await page.isDisabled("text=Copy link"), true);
  await page.click("#editor-refused li button");
  assert.equal(await page.evaluate(() => getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)), '  "strategy": outbox');
  await page.keyboard.press("Escape");
  await page.waitForSelector(".editor", { state: "detached" });
  await page.click(".edit-scenario");
  assert.match(await page.inputValue("#json"), /"strategy": outbox/, "what was begun is still there");
  await page.click("text=Start again from what runs");
  assert.equal((await json(page)).strategy, "outbox");
  await page.fill(field("seed"), "8");
  await page.click("text=\"Cancel\"");
  await page.waitForSelector(".editor", { state: "detached" });
  await page.click(".edit-scenario");
  assert.equal(await page.inputValue(field("seed")), "7", "Cancel forgets it");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what the strategy lacks is folded; members of maps come and go", async () => {
  const visit = await edit();
  const { page } = visit;
  await page.click(".part[aria-label=Options] > .fold:has-text('not used by outbox') button");
  assert.equal(await page.isVisible(fold("cdc")), true);
  await page.fill("#add-stores", "cache");
  await page.keyboard.press("Enter");
  assert.deepEqual(Object.keys((await json(page)).stores), ["search-index", "cache"]);
  assert.equal(await page.inputValue(field("stores.cache.kind")), "");
  assert.equal(await page.textContent(`${field("stores.cache.kind")} option`), "default: cache");
  await page.selectOption("#add-links", "relay-source");
  await page.click("[aria-label='Add a link']");
  await page.fill(field("links.relay-source.latency"), "9ms");
  await page.waitForFunction(() => JSON.parse(document.querySelector("#json").value).links["relay-source"]?.latency === "9ms");
  await page.fill("#add-detectors", "Bad name");
  await page.click("[aria-label='Add a detector']");
  await idle(page);
  assert.match((await refused(page)).join(), /An id must be/);
  await page.click("[aria-label='Remove detectors.Bad name']");
  await page.click("[aria-label='Remove stores.cache']");
  await idle(page);
  assert.deepEqual(await refused(page), []);
  assert.deepEqual(Object.keys((await json(page)).stores), ["search-index"]);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("each option says its default, what it allows, what it means and where the default comes from", async () => {
  const visit = await edit();
  const { page } = visit;
  await page.click(fold("outbox"));
  await page.waitForFunction(() => document.body.textContent.includes("How often the relay looks."));
  const help = await page.textContent("[id='edit-outbox.poll-help']");
  assert.match(help, /How often the relay looks\..*Source: S22\..*Left out: 1s\. Allowed: a time from 1ms to/s);
  const id = await page.getAttribute(field("outbox.poll"), "aria-describedby");
  assert.equal(id, "edit-outbox.poll-help");
  await visit.close();
});

test("a file replaces the text; JSON and link are copied", async () => {
  const visit = await edit({ permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = visit;
  await page.setInputFiles(".editor input[type=file]", { name: "x.json", mimeType: "application/json", buffer: Buffer.from('{"seed": 3}') });
  await page.waitForFunction(() => document.querySelector("#json").value === '{"seed": 3}');
  await page.click("text=Copy JSON");
  await page.waitForSelector(".editor-foot :text('Copied.')");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '{"seed": 3}');
  await page.fill(field("seed"), "4");
  await page.click(".editor >> text=Copy link");
  await page.waitForSelector(".editor-foot :text('Copied.')");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.click("text=\"Cancel\"");
  await page.evaluate((link) => { location.href = link; }, link);
  await page.waitForFunction(() => document.querySelector(".seed").value === "4");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }, { width: 360, height: 700 }]) {
    test(`axe finds nothing and nothing is cut, ${viewport.width}, ${colorScheme}`, async () => {
      const visit = await edit({ colorScheme, viewport });
      const { page } = visit;
      await page.click(fold("broker"));
      await page.fill(field("seed"), "x");
      await idle(page);
      assert.deepEqual(await visit.axe(), []);
      const wide = await page.$$eval(".editor, .editor-form, .editor-head, .editor-foot", (parts) =>
        parts.filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => `${part.className} ${part.scrollWidth} > ${part.clientWidth}`));
      assert.deepEqual(wide, []);
      const small = await page.$$eval(".editor button:not(.link), .editor input:not(.unseen), .editor select", (found) =>
        found.filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.outerHTML.slice(0, 80)));
      assert.deepEqual(small, []);
      assert.deepEqual(visit.faults, []);
      await visit.close();
    });
  }
}

test("the keyboard alone opens it, stays inside, and leaves it", async () => {
  const visit = await site.open({ hash: LINK });
  const { page } = visit;
  await page.focus(".edit-scenario");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".editor[open]");
  for (let at = 0; at < 12; at += 1) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest(".editor") !== null), true);
  }
  await page.keyboard.press("Escape");
  await page.waitForSelector(".editor", { state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.className.includes("edit-scenario")), true);
  await visit.close();
});

test("the knobs of the strategy: a change runs in place, keeps the time, and can be undone", async () => {
  const visit = await site.open({ hash: LINK });
  const { page } = visit;
  await page.click("#tab-options");
  assert.equal(await page.textContent(".knobs h2"), "Options of outbox");
  assert.deepEqual(await page.$$eval(".knobs h3", (heads) => heads.map((head) => head.textContent)), ["outbox", "broker", "source"]);
  const poll = "[id='knob-outbox.poll']";
  await page.fill(poll, "5");
  await page.keyboard.press("Tab");
  assert.match(await page.textContent(".option:has([id='knob-outbox.poll']) .option-wrong"), /A time needs a unit: "5s"/);
  assert.equal(await page.inputValue(poll), "5", "what was typed stays");
  await page.fill(poll, "5s");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".changed");
  assert.equal(await page.textContent(".now"), "20.000 s");
  await page.waitForFunction(() => location.hash.includes("outbox.poll=5s"));
  assert.deepEqual(await visit.axe(), []);
  await page.click(".changed >> text=Undo");
  await page.waitForSelector(".changed", { state: "detached" });
  await page.waitForFunction(() => !location.hash.includes("outbox.poll"));
  assert.equal(await page.inputValue(poll), "");
  await page.selectOption(".bar select >> nth=1", "direct-db-first");
  await page.waitForFunction(() => document.querySelector(".knobs h3").textContent === "direct");
  assert.equal(await page.$$eval(".changed", (found) => found.length), 0, "what the preset sets is no change");
  await page.click("text=All options");
  await page.waitForSelector(".editor[open]");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});
