// Acting before the end makes a branch; undo and redo go through the lists of branches.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rest, sideways, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const names = (page) => page.$$eval(".branch", (found) => found.map((one) => (one.getAttribute("aria-selected") === "true" ? "> " : "") + one.textContent));
const chips = (page) => page.$$eval(".chip", (found) => found.map((one) => one.textContent));
const verdict = (page) => page.textContent(".verdict-word");
const press = async (page, key) => { await page.keyboard.press(key); await rest(page); };

/** Takes the crash out at 12.48 s: the world without it is branch 2. */
async function calm(page) {
  await page.click(".chip >> nth=0");
  await rest(page);
}

test("acting before the end makes a branch; the one as written stays, and is a tab away", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=12.48s" });
  const { page } = visit;
  assert.deepEqual(await names(page), [], "one world needs no tabs");
  await calm(page);
  assert.deepEqual(await names(page), ["1: as written", "> 2: no crash, from 12.480 s"]);
  assert.equal(await page.textContent(".now"), "12.480 s", "the time stays");
  assert.match(await verdict(page), /consistent/);
  await page.click(".branch >> nth=0");
  await rest(page);
  assert.match(await verdict(page), /diverged/);
  assert.equal((await chips(page)).length, 1);
  await page.keyboard.press("ArrowRight");
  await rest(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "branch-1");
  assert.match(await verdict(page), /consistent/);
  await page.click("[data-name=node-search-index]");
  await page.locator(".menu-item", { hasText: "Crash now" }).click();
  await rest(page);
  assert.deepEqual(await names(page), ["1: as written", "2: no crash, from 12.480 s", "> 3: crash search-index, from 12.480 s of 2"]);
  await page.click(".branch-remove");
  await rest(page);
  assert.deepEqual(await names(page), ["1: as written", "> 2: no crash, from 12.480 s"], "what is shown then is its parent");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("undo and redo go back and on through all edits, and lose nothing", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=12.48s" });
  const { page } = visit;
  const state = async () => JSON.stringify([await names(page), await chips(page), await verdict(page), await page.inputValue(".seed"), await page.inputValue(".bar select >> nth=1")]);
  const seen = [await state()];
  assert.ok(await page.isDisabled(".undo button >> nth=0"));
  await calm(page);
  seen.push(await state());
  await page.fill(".seed", "9");
  await press(page, "Tab");
  seen.push(await state());
  assert.deepEqual(await names(page), ["1: as written", "> 2: no crash, seed 9, from 12.480 s"], "a seed has no instant: the branch changes in place");
  await page.selectOption(".bar select >> nth=1", "outbox");
  await rest(page);
  seen.push(await state());
  await page.selectOption(".bar select >> nth=0", "stale-cache");
  await rest(page);
  seen.push(await state());
  assert.deepEqual(await names(page), [], "another scenario begins anew");
  await page.focus(".timeline");
  for (const want of seen.slice(0, -1).reverse()) {
    await press(page, "Control+z");
    assert.equal(await state(), want);
  }
  await press(page, "Control+z");
  assert.equal(await state(), seen[0], "there is nothing before the first");
  for (const want of seen.slice(1)) {
    await press(page, "Control+Shift+Z");
    assert.equal(await state(), want);
  }
  await page.click(".undo button >> nth=0");
  await rest(page);
  assert.equal(await state(), seen.at(-2));
  assert.equal(await page.getAttribute(".undo button >> nth=0", "title"), "Undo strategy outbox");
  await page.focus(".seed");
  await press(page, "Control+z");
  assert.equal(await state(), seen.at(-2), "where a person types, the keys are the field's");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("no two branches are the same: taking an edit back goes to the branch that is there", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=5s" });
  const { page } = visit;
  await page.click("[data-name=gap-app-2]");
  await page.click(".menu-item >> nth=0");
  await rest(page);
  assert.equal((await names(page)).length, 2);
  await page.click("[data-name=gap-app-2]");
  await page.click(".menu-item:last-child");
  await rest(page);
  const all = await names(page);
  assert.deepEqual([all.length, all[0]], [2, "> 1: as written"]);
  await page.focus(".timeline");
  await press(page, "Control+z");
  assert.match((await names(page))[1], /^> 2: crash app after commit, before publish, from 5\.000 s$/);
  await visit.close();
});

test("an embed can undo too, and only once it has the focus", async () => {
  const visit = await site.open({ hash: "#missing-search-index?view=stage&at=12.48s", viewport: { width: 720, height: 480 } });
  const { page } = visit;
  assert.equal(await page.$(".undo"), null);
  await page.click("[data-name=link-app-source]");
  await page.locator(".menu-item", { hasText: "until the drain" }).click();
  await rest(page);
  assert.match(await page.getAttribute("[data-name=link-app-source]", "aria-label"), /cut until the drain/);
  const over = await sideways(page);
  assert.ok(over <= 0, `${over}`);
  await page.click(".undo button");
  await rest(page);
  assert.match(await page.getAttribute("[data-name=link-app-source]", "aria-label"), /: ok,/);
  await visit.close();
});

for (const [width, colorScheme] of [[360, "light"], [390, "dark"], [720, "light"], [1024, "light"], [1440, "dark"], [2560, "light"]]) {
  test(`branches have room and axe finds nothing, ${width} px, ${colorScheme}`, async () => {
    const visit = await site.open({ hash: "#missing-search-index?at=12.48s", viewport: { width, height: 900 }, colorScheme });
    const { page } = visit;
    for (const [target, fault] of [["link-app-source", "cut:app-source@12.48s"], ["node-search-index", "crash:search-index@"], ["node-source", "off:source@"]]) {
      await page.click(`[data-name=${target}]`);
      await page.locator(".menu-item", { hasText: fault }).last().click();
      await rest(page);
    }
    const count = await page.$$eval(".branch", (found) => found.length);
    assert.equal(count, 4);
    assert.match(await page.textContent(".branches"), /cut app-source|off source/);
    const over = await sideways(page);
    assert.ok(over <= 0, `${over}`);
    assert.deepEqual(await visit.axe(), []);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}
