// For everyone: axe in every view, light, dark and in forced colours; no motion where less is asked for; the wheel scrolls.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rest, sideways, small, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });


for (const scheme of [{ colorScheme: "light" }, { colorScheme: "dark" }, { forcedColors: "active" }]) {
  const name = scheme.colorScheme ?? "forced colours";
  test(`axe finds nothing in any tab, nor in space and time: ${name}`, async () => {
    const visit = await site.open(scheme);
    const { page } = visit;
    const tabs = await page.$$eval("[role=tab]", (tabs) => tabs.map((tab) => tab.id));
    assert.ok(tabs.length >= 3);
    for (const tab of tabs) {
      await page.click(`#${tab}`);
      await rest(page);
      assert.deepEqual(await visit.axe(), [], tab);
    }
    await page.click(".views button >> nth=1");
    await page.focus(".hop[tabindex='0']");
    await page.keyboard.press("Enter");
    await rest(page);
    assert.deepEqual(await visit.axe(), [], "space and time");
    await visit.close();
  });

  test(`axe finds nothing in any embedded view: ${name}`, async () => {
    for (const view of ["stage", "timeline", "why", "compare", "matrix"]) {
      const visit = await site.open({ ...scheme, hash: `#missing-search-index?view=${view}`, viewport: { width: 720, height: 480 } });
      assert.deepEqual(await visit.axe(), [], view);
      await visit.close();
    }
  });
}

test("nothing moves where less motion is asked for", async () => {
  const visit = await site.open({ reducedMotion: "reduce" });
  const { page } = visit;
  for (const press of [".next", "#tab-events", ".views button >> nth=1", ".next", "[data-name=node-app]", ".share"]) {
    await page.click(press);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0, press);
    if (press.startsWith("[")) await page.keyboard.press("Escape");
  }
  await visit.close();
});

test("the wheel over stage, rows and time line scrolls the page", async () => {
  const visit = await site.open({ viewport: { width: 1024, height: 600 } });
  const { page } = visit;
  for (const over of [".rows-picture, .rows-grid", ".stage-picture", ".timeline"]) {
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator(over).first().scrollIntoViewIfNeeded();
    const [box, before] = [await page.locator(over).first().boundingBox(), await page.evaluate(() => scrollY)];
    await page.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height / 2, 40));
    await page.mouse.wheel(0, 60);
    await page.waitForFunction((was) => scrollY !== was, before, { timeout: 3_000 });
  }
  await visit.close();
});

test("at 360 px nothing scrolls sideways and every target has 24 px", async () => {
  const visit = await site.open({ viewport: { width: 360, height: 800 }, hasTouch: true });
  const { page } = visit;
  for (const tab of await page.$$eval("[role=tab]", (tabs) => tabs.map((tab) => tab.id))) {
    await page.click(`#${tab}`);
    await rest(page);
    const over = await sideways(page);
    assert.ok(over <= 0, `${tab} scrolls sideways by ${over}`);
    assert.deepEqual(await small(page, "button, select, a:not(.skip), input:not([type=checkbox]), summary"), [], tab);
  }
  await visit.close();
});
