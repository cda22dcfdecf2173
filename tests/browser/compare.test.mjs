// Strategies side by side: one cursor, the same changes before the first different fate, and links that open it again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goto as to, rest, sideways, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const HASH = "#missing-search-index?compare=direct-db-first,outbox";
const names = (page) => page.$$eval(".lane h2", (heads) => heads.map((head) => head.textContent));
const changes = (page) => page.$$eval(".lane-change", (texts) => texts.map((text) => text.textContent));
const time = async (page) => Number.parseFloat(await page.textContent(".now"));

test("before the first different fate both runs are asked for the same, and after it they are told apart", async () => {
  const visit = await site.open({ hash: HASH });
  const { page } = visit;
  assert.deepEqual(await names(page), ["direct-db-first", "outbox"]);
  const sentence = await page.textContent(".parting-words");
  const [, before, number, arrives] = sentence.match(/^Changes 1 to (\d+) end the same in both runs\. Change (\d+) reaches the app at ([\d.]+) s:$/);
  assert.equal(Number(number), Number(before) + 1);
  // The operation's number, its kind, its key and its arrival, as each lane shows them.
  const seen = new Set();
  for (let at = 100; at <= Number(arrives) * 1000; at += 150) {
    await to(page, `${HASH}&at=${at}ms`);
    const [one, other] = await changes(page);
    assert.equal(one, other, `at ${at} ms`);
    seen.add(one);
  }
  await to(page, `${HASH}&at=${arrives}s`);
  const [one, other] = await changes(page);
  assert.match(one, new RegExp(`^change ${number}, insert product-17, at `));
  assert.equal(one, other);
  assert.ok(seen.size > Number(before) / 2, `${seen.size} different changes were seen`);
  assert.match(await page.textContent(".fates"), /direct-db-first.*is lost: the app crashed.*outbox.*arrives at 12\./s);
  await page.click(".parting-go");
  assert.equal(await time(page), 12.5);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("one cursor: a press on the axis, keys, steps and play move every lane", async () => {
  const visit = await site.open({ hash: `${HASH},cdc&at=5s` });
  const { page } = visit;
  const places = () => page.$$eval(".lane .plot rect.inkf", (cursors) => cursors.map((cursor) => cursor.getAttribute("x")));
  assert.equal(new Set(await places()).size, 1);
  const box = await page.locator(".axis").boundingBox();
  await page.mouse.click(box.x + box.width * 0.7, box.y + 30);
  await rest(page);
  assert.ok((await time(page)) > 30);
  assert.equal(new Set(await places()).size, 1);
  await page.focus(".axis");
  for (const key of ["Home", "PageDown", "ArrowRight", "Shift+ArrowRight", "ArrowLeft", "End"]) await page.keyboard.press(key);
  await rest(page);
  assert.ok((await time(page)) >= 60);
  await page.click(".back");
  const late = await time(page);
  await page.click(".next");
  assert.ok((await time(page)) >= late);
  await page.click(".start");
  await page.click(".play");
  await page.waitForFunction(() => Number.parseFloat(document.querySelector(".now").textContent) > 0.2, undefined, { timeout: 10_000 });
  await page.click(".play");
  assert.equal(new Set(await places()).size, 1);
  assert.match(await page.getAttribute(".axis", "aria-valuetext"), /seconds of 60.*direct-db-first: .*; outbox: .*; cdc: /);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what each one costs: the worst of a row in bold, the accent only for rows wrong for good", async () => {
  const visit = await site.open({ hash: `${HASH},cdc` });
  const { page } = visit;
  const row = (name) => page.$$eval(".costs tbody tr", (rows, name) =>
    [...rows.find((row) => row.cells[0].textContent === name).cells].slice(1).map((cell) => [cell.textContent, cell.className]), name);
  const missing = await row("Rows missing for good");
  assert.deepEqual(missing.map(([text]) => text), ["1", "0", "0"]);
  assert.match(missing[0][1], /accent/);
  const messages = await row("Messages");
  assert.deepEqual(messages.map(([, look]) => look.includes("bold")).filter(Boolean).length, 1);
  // Row-seconds say how long something was wrong, also of a run that ends well: bold where they are worst, never in the accent.
  assert.deepEqual((await row("Row-seconds, wrong")).map(([, look]) => look), ["bold", "", ""]);
  const accents = await page.$$eval(".costs td.accent", (cells) => cells.map((cell) =>
    [cell.closest("tr").cells[0].textContent, cell.closest("table").rows[0].cells[cell.cellIndex].textContent]));
  assert.deepEqual(accents, [["Rows missing for good", "direct-db-first"]]);
  const rows = await page.$$eval(".costs tbody th", (heads) => heads.map((head) => head.textContent));
  await to(page, "#missing-search-index?view=lab");
  await page.click("#tab-costs");
  assert.deepEqual(await page.$$eval(".costs tbody th", (heads) => heads.map((head) => head.textContent)), rows, "the same rows always");
  await visit.close();
});

test("lanes are chosen from the scenario bar, taken away, and a link opens them again", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.focus(".with button");
  await page.keyboard.press("Enter");
  assert.equal(await page.getAttribute(".with > button", "aria-expanded"), "true");
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Compare with..");
  await page.keyboard.press("Enter");
  await page.click(".with-list >> text=outbox");
  assert.deepEqual(await names(page), ["direct-db-first", "outbox"]);
  assert.equal(await page.getAttribute(".place[aria-current]", "aria-current"), "page");
  await page.click("text=Add strategy, 2 of 4");
  await page.click(".with-list >> text=cdc");
  await page.waitForFunction(() => location.hash.includes("compare=direct-db-first,outbox,cdc"));
  const again = await site.open({ hash: await page.evaluate(() => location.hash) });
  assert.deepEqual(await names(again.page), ["direct-db-first", "outbox", "cdc"]);
  assert.equal(await again.page.$(".notice"), null);
  await again.close();
  await page.click("[aria-label='Take direct-db-first away']");
  await page.click("[aria-label='Take outbox away']");
  assert.match(await page.textContent("h1"), /Choose a second strategy\./);
  await page.click(".lead > .choices >> text=two-phase-commit");
  assert.deepEqual(await names(page), ["cdc", "two-phase-commit"]);
  await page.click(".places >> text=Lab");
  assert.equal(await page.$$eval(".lane", (lanes) => lanes.length), 0);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what cannot be compared is told", async () => {
  const wrong = await site.open({ hash: "#missing-search-index?compare=outbox,outbx" });
  assert.match(await wrong.page.textContent(".notice"), /compare is "outbx".*Did you mean outbox\?/s);
  await wrong.close();
  const many = await site.open({ hash: "#missing-search-index?compare=outbox,cdc,outbox,two-phase-commit,fire-and-forget,direct-db-first" });
  assert.match(await many.page.textContent(".notice"), /stands there twice.*At most 4 can be compared/s);
  assert.equal((await names(many.page)).length, 4);
  assert.equal(await many.page.$(".lane .path"), null, "four lanes have no room for paths");
  await many.close();
  const idle = await site.open({ hash: "#missing-search-index?faults=crash:relay@12s&compare=direct-db-first,outbox" });
  assert.match(await idle.page.textContent(".lane >> nth=0"), /crash relay, 12 s: direct-db-first has nothing of that name\./);
  await idle.close();
});

test("alarms: what is believed beside what is so, and a detector is one press away", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("#tab-alarms");
  assert.match(await page.textContent(".detectors"), /looked at .*next at .*saw.*is so.*1 row differs now/s);
  const boxes = await page.$$(".detectors input:checked");
  for (let left = boxes.length; left > 0; left -= 1) {
    await page.click(".detectors input:checked >> nth=0");
    await rest(page);
  }
  assert.match(await page.textContent(".pane"), /No detector is on\. This run can only be silent\./);
  await page.click(".detectors label:has-text('full-diff') input");
  await rest(page);
  assert.match(await page.textContent(".verdict"), /diverged, noticed/);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing, ${colorScheme}`, async () => {
    for (const hash of [`${HASH},cdc`, `${HASH}&view=compare`, "#missing-search-index?view=compare"]) {
      const visit = await site.open({ hash, colorScheme });
      assert.deepEqual(await visit.axe(), [], hash);
      await visit.close();
    }
    const visit = await site.open({ colorScheme });
    for (const tab of ["costs", "alarms"]) {
      await visit.page.click(`#tab-${tab}`);
      assert.deepEqual(await visit.axe(), [], tab);
    }
    await visit.page.click(".with button");
    assert.deepEqual(await visit.axe(), [], "the list of strategies");
    await visit.close();
  });
}

/** Texts of a picture that overlap or leave it. */
const clashes = () => {
  const found = [];
  for (const svg of document.querySelectorAll("svg.strips, svg.path, svg.plot, .timeline svg")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")]
      .filter((text) => text.textContent.trim() !== "")
      .map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
    texts.forEach(({ words, box }, at) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`leaves its picture: ${words}`);
      for (const other of texts.slice(at + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > 1 && down > 4) found.push(`overlap: ${words} | ${other.words}`);
      }
    });
    const boxes = [...svg.querySelectorAll("rect.node")].map((node) => node.getBoundingClientRect());
    boxes.forEach((one, at) => boxes.slice(at + 1).forEach((other) => {
      if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1) found.push("two boxes overlap");
    }));
  }
  return found;
};

for (const [width, height] of [[360, 780], [390, 844], [720, 480], [1024, 900], [1200, 900], [1440, 900], [2560, 1440]]) {
  test(`no scrolling sideways and no words on words at ${width} px`, async () => {
    const visit = await site.open({ viewport: { width, height }, hash: HASH });
    const { page } = visit;
    for (const preset of ["missing-search-index", "stale-cache", "cascade", "event-storm"]) {
      for (const compare of ["direct-db-first,outbox", "cdc,two-phase-commit,publish-in-transaction", "listen-to-yourself,fire-and-forget,direct-broker-first,outbox"]) {
        for (const view of width <= 720 ? ["", "&view=compare"] : [""]) {
          const hash = `#${preset}?compare=${compare}${view}`;
          await to(page, hash);
          const wide = await sideways(page);
          assert.ok(wide <= 0, `${hash} scrolls sideways by ${wide}`);
          assert.deepEqual(await page.evaluate(clashes), [], hash);
        }
      }
    }
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}

test("on a phone one lane at a time, with tabs that the arrows walk", async () => {
  const visit = await site.open({ viewport: { width: 390, height: 844 }, hash: HASH });
  const { page } = visit;
  assert.deepEqual(await names(page), ["direct-db-first"]);
  await page.focus("#lane-0");
  await page.keyboard.press("ArrowRight");
  await rest(page);
  assert.deepEqual(await names(page), ["outbox"]);
  assert.equal(await page.evaluate(() => document.activeElement.id), "lane-1");
  await visit.close();
});

test("alone in a frame: no page around it, at 720 by 480 and at 360", async () => {
  for (const viewport of [{ width: 720, height: 480 }, { width: 360, height: 480 }]) {
    const visit = await site.open({ hash: `${HASH}&view=compare`, viewport });
    const { page } = visit;
    assert.equal(await page.locator("header.top, .panel, .bar").count(), 0);
    assert.ok(await page.isVisible(".axis") && await page.isVisible(".lane"));
    const lab = await page.getAttribute("a.lab", "href");
    assert.match(lab, /compare=direct-db-first,outbox/);
    assert.doesNotMatch(lab, /view=/);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  }
});
