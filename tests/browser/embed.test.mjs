// Runs in a page of text: frames with sandbox="allow-scripts", and the element, under the strict policy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(() => site.stop());

/** The example's page; it is text, and says itself when it is loaded. */
const example = () => site.open({ path: "examples/embed.html", ready: "drift-scope" });

test("three frames in a page of text show their runs, sandboxed, and take neither focus nor scroll", async () => {
  const { page, faults, axe, close } = await example();
  const place = page.locator("h1");
  const titles = ["The same crash, with an outbox", "Rows that differ over time", "Why the row differs"];
  for (const title of titles) {
    const frame = page.locator(`iframe[title="${title}"]`);
    assert.equal(await frame.getAttribute("sandbox"), "allow-scripts");
    await frame.scrollIntoViewIfNeeded();
    const inside = page.frameLocator(`iframe[title="${title}"]`);
    await inside.locator("html[data-ready]").waitFor();
    await inside.locator("#headline").waitFor();
    assert.equal(await inside.locator("header.top").count(), 0, "the page around the view is not there");
    const over = await inside.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
    assert.ok(over <= 0, `${title} is ${over} px too wide`);
  }
  await place.scrollIntoViewIfNeeded();
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true, "no frame took the focus");
  assert.ok((await page.evaluate(() => scrollY)) < 100, "no frame scrolled the page");
  assert.deepEqual(await axe(), []);
  assert.deepEqual(faults, []);
  await close();
});

test("each view shows its part and no other", async () => {
  for (const [view, shown, hidden] of [["stage", ".stage", ".why"], ["timeline", ".timeline", ".stage"], ["why", ".why", ".stage"]]) {
    for (const viewport of [{ width: 720, height: 480 }, { width: 360, height: 480 }]) {
      const { page, faults, axe, close } = await site.open({ hash: `#missing-search-index?view=${view}`, viewport });
      assert.equal(await page.locator(shown).count() > 0, true, `${view} shows ${shown}`);
      assert.equal(await page.locator(hidden).count(), 0, `${view} hides ${hidden}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${view} at ${viewport.width}`);
      assert.deepEqual(await axe(), []);
      assert.deepEqual(faults, []);
      await close();
    }
  }
});

test("the element keeps its children until the run is on screen, and follows its attributes", async () => {
  const { page, faults, close } = await example();
  const element = page.locator("drift-scope");
  await element.scrollIntoViewIfNeeded();
  const frame = page.frameLocator("drift-scope iframe");
  await frame.locator("#headline").waitFor();
  await page.waitForFunction(() => !document.querySelector("drift-scope a").checkVisibility());
  assert.equal(await page.locator("drift-scope iframe").getAttribute("title"), "A crash after the commit");
  const address = () => element.evaluate((element) => element.address.split("#")[1]);
  assert.equal(await address(), "missing-search-index?view=stage");
  const linked = (scenario) => element.evaluate((element, scenario) => {
    const other = document.createElement(element.localName);
    other.setAttribute("scenario", scenario);
    other.setAttribute("seed", "9");
    return other.address.split("#")[1];
  }, scenario);
  assert.equal(await linked("#outbox?seed=8&outbox.poll=1s"), "outbox?view=stage&seed=9&outbox.poll=1s");
  assert.equal(await linked("#outbox?view=why"), "outbox?view=why&seed=9");
  assert.equal(await linked("#~1abc"), "~1abc", "a long link is taken as it is");
  await element.evaluate((element) => {
    element.setAttribute("strategy", "outbox");
    element.setAttribute("faults", "crash:app@12s+10s,late:app-search-index*2+1s");
    element.setAttribute("seed", "8");
  });
  assert.equal(await address(), "missing-search-index?view=stage&strategy=outbox&seed=8&faults=crash:app@12s+10s,late:app-search-index*2+1s");
  await frame.getByText("outbox", { exact: true }).first().waitFor();
  await element.evaluate((element) => element.setAttribute("reveal", "interaction"));
  assert.equal(await page.locator("drift-scope a").isVisible(), true, "the children again, until a person asks");
  await element.locator("button").click();
  await frame.locator("#headline").waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test("what is modelled stands on a page of its own", async () => {
  const { page, axe, faults, close } = await site.open({ path: "fidelity.html", ready: "table" });
  assert.ok((await page.locator("tbody tr").count()) > 20);
  assert.deepEqual(await axe(), []);
  assert.deepEqual(faults, []);
  await close();
});
