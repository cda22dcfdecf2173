// What the page remembers: settings over a visit, nothing in an embed, and no complaint where storage is refused or rubbish.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const KEY = "driftscope.1";
const stored = (page) => page.evaluate((key) => localStorage.getItem(key), KEY);
const again = async (page, hash = "") => {
  const address = page.url().split("#")[0];
  await page.goto("about:blank");
  await page.goto(address + hash);
  await page.waitForSelector("html[data-ready]");
};
const settings = (page) => page.evaluate(() => ({
  theme: document.documentElement.dataset.theme,
  speed: document.querySelector(".speed input[type=range]").getAttribute("aria-valuetext"),
  unit: document.querySelector(".units select").value,
}));

test("settings last; the link says nothing of them but the theme", async () => {
  const visit = await site.open();
  const { page } = visit;
  assert.equal(await stored(page), null, "looking leaves nothing behind");
  const usual = await settings(page);
  await page.click("text=Theme: system");
  await page.click("text=Theme: light");
  await page.selectOption(".units select", "fault");
  await page.focus(".speed input[type=range]");
  await page.keyboard.press("ArrowLeft");
  const mine = await settings(page);
  assert.equal(mine.theme, "dark");
  assert.notEqual(mine.speed, usual.speed);
  await again(page);
  assert.deepEqual(await settings(page), mine);
  await page.evaluate(() => { location.hash = "#outbox"; });
  await page.waitForFunction(() => document.querySelector(".bar select").value === "outbox");
  assert.deepEqual(await settings(page), mine, "a link without a theme keeps it");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

for (const [what, text] of [
  ["no JSON", "{{{"], ["no object", "7"], ["another shape", '{"settings":[1],"recent":"x","first-visit":{}}'],
  ["unknown words", '{"settings":{"theme":"pink","speed":"fast","unit":3,"follow":"yes"}}'], ["deep", "[".repeat(100000)],
]) {
  test(`rubbish in storage does no harm: ${what}`, async () => {
    const visit = await site.open();
    const { page } = visit;
    const usual = await settings(page);
    await page.evaluate(([key, text]) => localStorage.setItem(key, text), [KEY, text]);
    await again(page);
    assert.deepEqual(await settings(page), usual);
    await page.selectOption(".units select", "fault");
    await again(page);
    assert.equal((await settings(page)).unit, "fault", "and it is mended by the next change");
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}

test("it works where storage is refused, throws or is full", async () => {
  for (const refuse of [
    () => { Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } }); },
    () => { Object.defineProperty(window, "localStorage", { value: null }); },
    () => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; },
  ]) {
    const visit = await site.open();
    const { page } = visit;
    await page.addInitScript(refuse);
    await again(page);
    await page.selectOption(".units select", "fault");
    await page.click(".next");
    assert.equal(await page.isVisible("h1"), true);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  }
});

test("an embed neither takes settings nor leaves any", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("text=Theme: system");
  await page.selectOption(".units select", "fault");
  const mine = JSON.parse(await stored(page)).settings;
  assert.deepEqual([mine.theme, mine.unit], ["light", "fault"], "the visit leaves both");
  const before = await stored(page);
  await again(page, "#missing-search-index?view=stage");
  await page.waitForSelector(".embedded");
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? "system");
  assert.equal(await theme(), "system", "the theme is not the embed's");
  assert.equal(await page.inputValue(".units select"), "by event", "nor is the unit");
  // Of all settings an embed shows the theme alone, and a link changes it.
  await page.evaluate(() => { location.hash += "&theme=dark"; });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.click(".next");
  assert.equal(await stored(page), before);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("recent scenarios are reachable from the bar, one entry for each, and survive a visit", async () => {
  const visit = await site.open();
  const { page } = visit;
  const recents = () => page.$$eval(".bar optgroup option", (options) => options.map((option) => option.textContent));
  const rest = () => page.waitForTimeout(1600);
  assert.deepEqual(await recents(), []);
  await page.selectOption(".bar select >> nth=1", "outbox");
  await rest();
  await page.fill(".seed", "8");
  await page.keyboard.press("Enter");
  await rest();
  await page.evaluate(() => { location.hash = "#stale-cache?seed=3"; });
  await rest();
  await again(page);
  assert.equal((await recents()).length, 2, "a preset that is changed further is one entry");
  assert.match((await recents())[1], /, outbox, 1 fault$/);
  await page.selectOption(".bar select >> nth=0", { label: (await recents())[1] });
  await page.waitForFunction(() => document.querySelector(".seed").value === "8");
  assert.equal(await page.inputValue(".bar select >> nth=0"), "missing-search-index");
  await rest();
  assert.equal((await recents()).length, 2, "opening one again adds none");
  await page.evaluate((key) => localStorage.setItem(key, '{"recent":[{"title":"x","link":"javascript:alert(1)"},{"title":5},7,{"title":"bad","link":"#nope"}]}'), KEY);
  await again(page);
  assert.deepEqual(await recents(), ["bad"]);
  await page.selectOption(".bar select >> nth=0", { label: "bad" });
  await page.waitForSelector(".notice");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});
