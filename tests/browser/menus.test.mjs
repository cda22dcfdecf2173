// What can be done to what is on the stage: nodes, gaps, links, messages and rows, by pointer, keyboard and touch.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rest, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const items = (page) => page.$$eval(".menu-item", (found) => found.map((item) => item.textContent));
const writes = (page) => page.$$eval(".menu-item .mono", (found) => found.map((item) => item.textContent));
const faults = (page) => page.$$eval(".chip", (chips) => chips.map((chip) => chip.textContent));
const focused = (page) => page.evaluate(() => document.activeElement.dataset.name ?? document.activeElement.className);

/** Opens a menu, takes the entry that writes so, and sees the fault in the scenario and no refusal. */
async function act(page, target, fault) {
  await page.click(target);
  await rest(page);
  const entry = page.locator(".menu-item", { hasText: fault });
  assert.equal(await entry.count(), 1, `${target} offers ${await items(page)}`);
  await entry.click();
  await rest(page);
  assert.equal(await page.$(".menu"), null);
  assert.equal(await page.$(".notice"), null);
  const hash = await page.waitForFunction((text) => location.hash.includes(text) && location.hash, fault);
  assert.ok(!(await page.$eval(".chip:last-child", (chip) => chip.classList.contains("idle"))), `${fault} strikes`);
  return hash.jsonValue();
}

test("a link can be cut, and the cut is drawn and can be taken away", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=14s" });
  const { page } = visit;
  await act(page, "[data-name=link-app-source]", "cut:app-source@14s+5s");
  assert.match(await page.getAttribute("[data-name=link-app-source]", "aria-label"), /^app to source: cut until 19\.000 s/);
  await page.click("[data-name=link-app-source]");
  await page.locator(".menu-item", { hasText: "Take this cut away" }).click();
  await rest(page);
  assert.equal((await faults(page)).length, 1);
  assert.match(await page.getAttribute("[data-name=link-app-source]", "aria-label"), /^app to source: ok/);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("the next message of a link can be dropped, delayed, doubled, refused, unanswered", async () => {
  for (const kind of ["drop", "delay", "duplicate", "fail-before", "ack-lost", "late"]) {
    const visit = await site.open({ hash: "#missing-search-index?at=5s" });
    await act(visit.page, "[data-name=link-app-search-index]", `${kind}:app-search-index@5s${["delay", "late"].includes(kind) ? "+1s" : ""}`);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  }
});

test("a message is struck by its own number, which the recording knows", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=12s" });
  const { page } = visit;
  for (let step = 0; step < 40 && !(await page.$("[data-name^=message-]")); step += 1) await page.click(".next");
  const [name, label] = await page.$eval("[data-name^=message-]", (found) => [found.dataset.name, found.getAttribute("aria-label")]);
  assert.match(label, /^Product-17.* to source, sent 12\.\d+, arrives 12\.\d+\.$/);
  await page.click(`[data-name=${name}]`);
  await rest(page);
  const [drop] = await writes(page);
  assert.match(drop, /^faults \+= drop:app-source\*\d+$/);
  await page.locator(".menu-item", { hasText: drop }).click();
  await rest(page);
  assert.ok(await page.$(".message.lost"), "this very message is lost");
  assert.equal((await page.$$(".chip.idle")).length, 0);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("a row can be explained, changed and deleted, from the strips and from the table", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=20.1s" });
  const { page } = visit;
  await page.focus(".rows-grid");
  for (const key of ["ArrowDown", "Control+ArrowRight", "Enter"]) await page.keyboard.press(key);
  await rest(page);
  assert.equal(await page.textContent(".pane h2"), "Why is product-17 missing?");
  assert.deepEqual((await items(page)).map((text) => text.split("faults")[0]),
    ["Why is it so?", "Change it in the database, past the app", "Delete it in the database, past the app"]);
  assert.deepEqual(await writes(page), ["faults += update:product-17@20.1s", "faults += delete:product-17@20.1s"]);
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await focused(page), "rows-grid");
  await page.click("#tab-rows");
  await act(page, "[data-name=line-16]", "delete:product-17@20.1s");
  assert.match(await page.textContent(".rows-grid"), /product-17, source: no row\./);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what would be refused or do nothing is not offered", async () => {
  const visit = await site.open({ hash: "#missing-search-index" });
  const { page } = visit;
  await page.click("[data-name=node-app]");
  await rest(page);
  assert.deepEqual(await writes(page), ["faults += restart:app@12.503s"], "it is down: it can only come back");
  await page.keyboard.press("Escape");
  await page.evaluate(() => { location.hash = "#missing-search-index?at=60s"; });
  await rest(page);
  for (const target of ["node-app", "link-app-source", "gap-app-2"]) {
    await page.click(`[data-name=${target}]`);
    await rest(page);
    assert.match(await page.textContent(".menu"), /From 60 s on the run drains/, target);
    assert.deepEqual(await items(page), ["Close"]);
    await page.keyboard.press("Escape");
    await rest(page);
    assert.equal(await focused(page), target);
  }
  await visit.close();
});

test("what is seen to have happened has happened: a fault at a record's own instant comes just after it", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=12.5s" });
  const { page } = visit;
  await page.click("[data-name=node-source]");
  await rest(page);
  assert.equal((await writes(page))[0], "faults += crash:source@12.500001s");
  await page.keyboard.press("Enter");
  await rest(page);
  assert.match(await page.getAttribute("[data-name=node-source]", "aria-label"), /crashed/, "and the cursor follows it");
  await visit.close();
});

test("each strategy has its own: the slot, the leader, the crash points of a node", async () => {
  const visit = await site.open({ hash: "#cdc?at=5.02s" });
  await act(visit.page, "[data-name=node-source]", "slot-lost:source@5.02s");
  await visit.close();
  const broker = await site.open({ hash: "#acks-one-failover?at=2.05s" });
  await act(broker.page, "[data-name=node-broker]", "failover:broker@2.05s");
  await broker.close();
  const source = await site.open({ hash: "#failover-ghost?at=2.05s" });
  await act(source.page, "[data-name=node-source]", "failover:source@2.05s");
  await source.close();
  const relay = await site.open({ hash: "#outbox?at=2s" });
  // The head of its box: in the middle lie its gaps.
  await relay.page.click("[data-name=node-relay]", { position: { x: 20, y: 10 } });
  await rest(relay.page);
  const points = (await writes(relay.page)).filter((text) => text.includes("relay.after-"));
  assert.ok(points.length >= 3 && points.every((text) => /\*\d+$/.test(text)), points.join());
  await relay.close();
});

test("one tab stop; arrows lead over nodes, gaps, links and messages", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=12.4936s" });
  const { page } = visit;
  assert.equal(await page.$$eval(".targets [tabindex='0']", (stops) => stops.length), 1);
  await page.focus("[data-name=node-app]");
  const names = new Set();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowLeft"]) {
    await page.keyboard.press(key);
    names.add((await focused(page)).split("-")[0]);
  }
  assert.ok(["link", "node"].every((kind) => names.has(kind)), [...names].join());
  await page.focus("[data-name=link-app-search-index]");
  await page.keyboard.press("Space");
  await rest(page);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "menuitem");
  assert.equal(await page.getAttribute("[data-name=link-app-search-index]", "aria-expanded"), "true");
  await page.keyboard.press("End");
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await focused(page), "link-app-search-index");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

for (const [width, height, hash] of [[390, 844, "#event-storm"], [390, 844, "#outbox-skip-locked"], [1440, 900, "#event-storm"], [720, 480, "#cdc?view=stage"]]) {
  test(`targets are 24 px at least, and a menu stays in the window, ${width} px, ${hash}`, async () => {
    const visit = await site.open({ hash, viewport: { width, height }, hasTouch: true });
    const { page } = visit;
    const small = await page.$$eval(".targets .target", (found) =>
      found.filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < 24).map((one) => one.dataset.name));
    assert.deepEqual(small, []);
    for (const name of await page.$$eval(".target-link", (found) => found.map((one) => one.dataset.name))) {
      const hit = await page.$eval(`[data-name='${name}']`, (one) => {
        one.scrollIntoView({ block: "center" });
        const { left, top, width, height } = one.getBoundingClientRect();
        return document.elementFromPoint(left + width / 2, top + height / 2)?.dataset.name ?? "nothing";
      });
      assert.ok(hit === name || hit.startsWith("message-"), `${name} is under ${hit}`);
    }
    await page.tap(".target-link >> nth=0");
    await rest(page);
    const box = await page.$eval(".menu", (menu) => {
      const { left, top, right, bottom } = menu.getBoundingClientRect();
      return [left, top, innerWidth - right, innerHeight - bottom];
    });
    assert.ok(box.every((gap) => gap >= 0), box.join());
    assert.deepEqual(await visit.axe(), []);
    await visit.close();
  });
}
