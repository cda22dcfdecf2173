// When the simulator itself fails. The shipped page has no switch for it: the faults come from outside. A panic is made by
// a browser that no longer has a window when the module asks for it (its imports are wrapped before it starts); a trap by
// using up all the memory that a module can have.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

/** Wraps what the module imports, and keeps what it exports. */
const wrap = () => {
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (source, imports) => {
      for (const names of Object.values(imports)) {
        for (const [key, value] of Object.entries(names)) {
          if (key.includes("instanceof_Window")) names[key] = (...all) => (globalThis.noWindow ? 0 : value(...all));
        }
      }
      const result = await original(source, imports);
      globalThis.module = (result.instance ?? result).exports;
      return result;
    };
  }
};

const open = async (hash, options = {}) => {
  const visit = await site.open({ hash: "#outbox", permissions: ["clipboard-read", "clipboard-write"], ...options });
  await visit.page.addInitScript(wrap);
  await visit.page.goto("about:blank");
  await visit.page.goto(site.address + hash);
  await visit.page.waitForSelector("html[data-ready]");
  return visit;
};

test("after a panic the page and the scenario are kept, and a report is offered", async () => {
  const visit = await open("#missing-search-index?seed=9&at=12503ms");
  const { page } = visit;
  await page.waitForTimeout(600);
  await page.click(".next");
  await page.waitForTimeout(600);
  const [h1, seen] = [await page.textContent("#headline"), (await page.textContent(".event")).match(/event ([\d,]+)/)[1]];
  await page.evaluate(() => { globalThis.noWindow = true; });
  await page.click(".share");
  const notice = page.locator(".stopped");
  await notice.waitFor();
  assert.equal(await notice.locator("[role=alert]").count(), 1);
  assert.match(await notice.textContent(), /^The simulator stopped at event [\d,]+\. This is a fault in Driftscope, not in the strategy\./);
  assert.equal(await page.textContent("#headline"), h1, "the page stands");
  assert.deepEqual(await visit.axe(), []);
  await notice.getByText("Copy report").click();
  await notice.getByText("Copied").waitFor();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(report, /panicked at src\/web\/dom\.rs.*the page runs in a window/s);
  assert.match(report, /scenario: http.*#missing-search-index\?seed=9&at=/);
  assert.match(report, /browser: Mozilla/);
  await page.evaluate(() => { globalThis.noWindow = false; });
  await notice.getByText(`Back to event ${seen}`).click();
  await page.waitForFunction(() => !document.querySelector(".stopped") && document.documentElement.dataset.ready);
  assert.match(await page.textContent(".event"), new RegExp(`event ${seen} of`));
  assert.equal(await page.inputValue(".seed"), "9");
  await visit.close();
});

test("after a trap too: memory that ran out while a scenario ran", async () => {
  const visit = await open("#outbox?seed=5");
  const { page } = visit;
  await page.waitForTimeout(600);
  await page.evaluate(() => {
    const { memory } = globalThis.module;
    for (let pages = 32_768; pages >= 1; pages = Math.floor(pages / 2)) {
      try { for (;;) memory.grow(pages); } catch { /* no room for so many */ }
    }
  });
  await page.evaluate(() => { location.hash = "#outbox?seed=6&workload.arrivals=poisson(2000/s)"; });
  await page.locator(".stopped").waitFor({ timeout: 60_000 });
  assert.match(await page.textContent(".stopped"), /^The simulator stopped/);
  await page.locator(".stopped .primary").click();
  await page.waitForFunction(() => !document.querySelector(".stopped") && document.documentElement.dataset.ready);
  assert.equal(await page.inputValue(".seed"), "5", "back at the last scenario that ran, not at the one that stopped it");
  await visit.close();
});

test("a report that cannot be copied can be read", async () => {
  const visit = await open("#outbox", { permissions: [] });
  const { page } = visit;
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
    globalThis.noWindow = true;
  });
  await page.click(".share");
  await page.locator(".stopped >> text=Copy report").click();
  assert.match(await page.inputValue(".stopped textarea"), /panicked at/);
  await visit.close();
});
