// The first visit: five steps, each ticked by what the page shows; by keyboard alone, and by touch alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rest, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

/** The numbers of the steps that are ticked. */
const ticked = (page) => page.$$eval(".guide-steps li", (steps) => steps.flatMap((step, at) => (step.querySelector("svg") ? [at + 1] : [])));
const next = (page) => page.textContent(".guide-next");
/** The name of the gap with that label. */
const gap = (page, words) =>
  page.$$eval(".target-gap", (gaps, words) => gaps.find((gap) => gap.getAttribute("aria-label").includes(words)).dataset.name, words);

/** A person who presses keys only: Tab until the focus fits, then a key. */
const keys = (page) => {
  const at = (fits) => page.evaluate((fits) => document.activeElement?.matches(fits) === true, fits);
  return {
    async press(fits, key = "Enter") {
      for (let step = 0; step < 120 && !(await at(fits)); step += 1) await page.keyboard.press("Tab");
      assert.ok(await at(fits), `Tab reaches ${fits}`);
      await page.keyboard.press(key);
      await rest(page);
    },
    /** Walks the stage by its arrows to a gap, and opens its menu. */
    async crash(name) {
      for (let step = 0; step < 120 && !(await at(".target")); step += 1) await page.keyboard.press("Tab");
      await page.keyboard.press("Home");
      const near = () => page.evaluate((name) => document.activeElement.dataset.name.split("-")[1] === name.split("-")[1], name);
      for (let step = 0; step < 8 && !(await near()); step += 1) await page.keyboard.press("ArrowRight");
      for (const key of ["ArrowUp", "ArrowDown", "ArrowUp"]) {
        for (let step = 0; step < 6 && (await near()) && !(await at(`[data-name=${name}]`)); step += 1) await page.keyboard.press(key);
      }
      assert.ok(await at(`[data-name=${name}]`), `arrows reach ${name}`);
      await page.keyboard.press("Enter");
      await rest(page);
      const next = () => page.evaluate(() => document.activeElement.textContent.includes("next pass"));
      for (let step = 0; step < 5 && !(await next()); step += 1) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await rest(page);
    },
  };
};

/** A person who taps only. */
const taps = (page) => ({
  async press(fits) {
    await page.tap(fits);
    await rest(page);
  },
  async crash(name) {
    await page.tap(`[data-name=${name}]`);
    await rest(page);
    await page.locator(".menu-item", { hasText: "next pass" }).tap();
    await rest(page);
  },
});

/** The whole path, by whatever a person has. */
const walk = async (page, person) => {
  assert.deepEqual(await ticked(page), []);
  await person.press(".acts .primary");
  for (let beat = 0; beat < 12 && (await page.$(".caption")); beat += 1) await person.press(".acts .primary");
  assert.deepEqual(await ticked(page), [1], "the tour was seen to its end");
  await person.crash(await gap(page, "app after begin, before write"));
  assert.deepEqual(await ticked(page), [1], "a crash that has not struck yet ticks nothing");
  assert.match(await next(page), /^The crash strikes at [\d.]+ s\./);
  await person.press(".guide-next button");
  assert.deepEqual(await ticked(page), [1, 2]);
  await person.press(".other");
  assert.deepEqual(await ticked(page), [1, 2, 3]);
  assert.match(await page.textContent(".verdict"), /consistent/);
  await person.crash(await gap(page, "relay after ack, before mark"));
  assert.match(await next(page), /^The same event comes again at [\d.]+ s\./);
  await person.press(".guide-next button");
  assert.deepEqual(await ticked(page), [1, 2, 3, 4]);
  assert.match(await page.textContent(".pane h2"), /refuses product-\d+ version \d+: it is not newer/, "Why explains it");
  assert.match(await page.textContent(".verdict"), /1 event delivered again/);
  await person.press(".share");
  assert.deepEqual(await ticked(page), [1, 2, 3, 4, 5]);
  await person.press(".dialog-close");
  assert.match(await next(page), /All five/);
};

test("the whole path passes with no pointer event", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.evaluate(() => {
    globalThis.pointers = 0;
    for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => { globalThis.pointers += 1; }, true);
  });
  await walk(page, keys(page));
  assert.equal(await page.evaluate(() => globalThis.pointers), 0);
  assert.deepEqual(visit.faults.filter((fault) => !fault.includes("lipboard")), []);
  await visit.close();
});

test("the whole path passes with touch, on a phone", async () => {
  const visit = await site.open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await walk(visit.page, taps(visit.page));
  await visit.close();
});

test("what was done is remembered, and so is that it was left", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click(".other");
  await rest(page);
  assert.deepEqual(await ticked(page), [3]);
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  assert.deepEqual(await ticked(page), [3]);
  await page.click(".guide-leave");
  await rest(page);
  assert.equal(await page.$(".guide"), null);
  assert.equal(await page.evaluate(() => document.activeElement.matches(".acts button")), true, "the focus is not lost");
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  assert.equal(await page.$(".guide"), null);
  await visit.close();
});

test("a step is ticked by what the page shows, not by a click", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("text=Watch it happen");
  await page.click("text=Leave");
  assert.deepEqual(await ticked(page), [], "a tour that was left was not seen");
  await page.selectOption(".bar select >> nth=1", "outbox");
  await rest(page);
  assert.deepEqual(await ticked(page), [3], "the strategy, by whatever control");
  await page.evaluate(() => { location.hash = "#missing-search-index"; });
  await rest(page);
  assert.deepEqual(await ticked(page), [3], "a link ticks nothing, and takes nothing back");
  await visit.close();
});

test("it stands in the whole page, on that scenario, and nowhere else; it takes no focus", async () => {
  for (const hash of ["#stale-cache", "#missing-search-index?view=stage"]) {
    const visit = await site.open({ hash });
    assert.equal(await visit.page.$(".guide"), null, hash);
    await visit.close();
  }
  const visit = await site.open();
  assert.equal(await visit.page.evaluate(() => document.activeElement === document.body), true);
  assert.deepEqual(await visit.axe(), []);
  await visit.close();
});
