// The Lab as a person uses it: load, play, scrub back to the exact prior state, kill a node, keyboard, sizes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rest, sideways, start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const WIDTHS = [360, 390, 720, 1024, 1440, 2560];

/** Every preset and strategy that the page offers. */
const offered = (page) =>
  page.$$eval(".bar select", (selects) => selects.map((select) => [...select.options].map((option) => option.value).filter(Boolean)));

/** What is on screen, as markup: two equal strings are two equal pictures. */
const picture = async (page) => {
  const parts = await page.$$eval("main, .timeline svg, .now, .event", (found) => found.map((part) => part.outerHTML));
  return parts.join("\n").replace(/ (tabindex|aria-selected)="[^"]*"/g, "");
};

/** Two pictures are equal; if not, the place where they differ and nothing else. */
function same(got, want, what = "the picture") {
  if (got === want) return;
  const at = [...got].findIndex((letter, index) => letter !== want[index]);
  assert.fail(`${what} differs at ${at}:\n  got  ${got.slice(at - 120, at + 120)}\n  want ${want.slice(at - 120, at + 120)}`);
}

const time = async (page) => Number.parseFloat(await page.textContent(".now"));

test("it opens on the failure itself, paused, with the next thing to do", async () => {
  const visit = await site.open();
  const { page } = visit;
  assert.match(await page.textContent("h1"), /The database has product-17\.\s*The search index does not\./);
  assert.match(await page.textContent(".verdict"), /diverged, silent/);
  assert.equal(await page.textContent(".primary"), "Watch it happen");
  assert.equal(await page.textContent(".now"), "12.503 s");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("playing moves time and messages; scrubbing back gives the exact picture of before", async () => {
  const visit = await site.open();
  const { page } = visit;
  const before = await picture(page);
  await page.click(".start");
  await page.click(".play");
  await page.waitForFunction(() => document.querySelector(".message[transform]"), undefined, { timeout: 10_000 });
  const first = await page.getAttribute(".message", "transform");
  await page.waitForFunction((was) => document.querySelector(".message")?.getAttribute("transform") !== was, first);
  await page.click(".play");
  assert.ok(await time(page) > 0);
  await page.evaluate(() => { location.hash = "#missing-search-index"; });
  await rest(page);
  same(await picture(page), before);
  await page.focus(".timeline");
  for (const key of ["ArrowLeft", "ArrowLeft", "ArrowRight", "PageUp", "Home", "End"]) await page.keyboard.press(key);
  await page.evaluate(() => { location.hash = "#missing-search-index?at=12503ms"; });
  await rest(page);
  same(await picture(page), before);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("back undoes next, by every unit", async () => {
  const visit = await site.open();
  const { page } = visit;
  for (const unit of ["by event", "crash point", "difference", "fault"]) {
    await page.evaluate(() => { location.hash = "#missing-search-index?at=12s"; });
    await rest(page);
    await page.selectOption(".units select", unit);
    await page.click(".next");
    const [after, state] = [await time(page), await picture(page)];
    assert.ok(after > 12, `${unit}: ${after}`);
    await page.click(".next");
    await page.click(".back");
    if (unit !== "fault") same(await picture(page), state, unit);
  }
  await visit.close();
});

test("killing a node edits the scenario; the link opens the same run", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=30s" });
  const { page } = visit;
  await page.click("[data-name=node-search-index]");
  assert.equal(await page.textContent(".menu-item .mono >> nth=0"), "faults += crash:search-index@30s");
  await page.keyboard.press("Enter");
  await rest(page);
  assert.equal(await page.textContent(".now"), "30.000 s");
  assert.match(await page.getAttribute("[data-name=node-search-index]", "aria-label"), /crashed/);
  await page.waitForFunction(() => location.hash.includes("crash:search-index@30s"));
  const hash = await page.evaluate(() => location.hash);
  const again = await site.open({ hash });
  same(await picture(again.page), await picture(page));
  assert.equal(await again.page.$(".notice"), null, "the trace's hash in the link is that of the run");
  await again.close();
  await page.click(".chip >> nth=1");
  await rest(page);
  assert.equal(await page.$$eval(".chip", (chips) => chips.length), 1);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("a gap can be armed, and disarmed again", async () => {
  const visit = await site.open({ hash: "#missing-search-index?at=5s" });
  const { page } = visit;
  await page.click("[data-name=gap-app-2]");
  assert.match(await page.textContent(".menu-title"), /app\.after-commit-before-publish/);
  await page.click(".menu-item >> nth=0");
  await rest(page);
  assert.equal(await page.$$eval(".chip", (chips) => chips.length), 2);
  await page.click("[data-name=gap-app-2]");
  await page.click(".menu-item:last-child");
  await rest(page);
  assert.equal(await page.$$eval(".chip", (chips) => chips.length), 1);
  await visit.close();
});

test("the same crash with an outbox is one click, and consistent", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click(".other");
  await rest(page);
  assert.match(await page.textContent(".verdict"), /consistent/);
  assert.equal(await page.inputValue(".bar select >> nth=1"), "outbox");
  await visit.close();
});

test("the tour shows what happened, step by step, and gives nothing away", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("text=Watch it happen");
  assert.match(await page.textContent(".caption"), /^1 of \d/);
  assert.equal(await page.isVisible(".verdict"), false);
  for (let beat = 0; beat < 12 && (await page.$(".caption")); beat += 1) {
    await page.click(".acts .primary");
    await rest(page);
  }
  assert.equal(await page.$(".caption"), null);
  assert.equal(await page.isVisible(".verdict"), true);
  assert.match(await page.getAttribute(".play", "class"), /primary/);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what is refused is said, and the run stays as it was", async () => {
  const visit = await site.open();
  const { page } = visit;
  const before = await picture(page);
  await page.fill(".seed", "minus one");
  await page.keyboard.press("Tab");
  await rest(page);
  assert.match(await page.textContent(".notice"), /Not run\..*seed is/s);
  assert.equal(await page.inputValue(".seed"), "7");
  same(await picture(page), before);
  await page.click("text=Dismiss");
  await page.evaluate(() => { location.hash = "#mising-search-index"; });
  await rest(page);
  assert.match(await page.textContent(".notice"), /Not opened\..*Did you mean missing-search-index\?/s);
  same(await picture(page), before);
  await visit.close();
});

test("the keyboard alone reaches everything", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.focus(".rows-grid");
  for (const key of ["ArrowDown", "Control+ArrowRight", "Enter"]) await page.keyboard.press(key);
  await rest(page);
  assert.equal(await page.getAttribute(".rows-grid", "aria-activedescendant"), "cell-1-16");
  assert.equal(await page.textContent(".pane h2"), "Why is product-17 missing?");
  await page.keyboard.press("Escape");
  await page.focus("[data-name=node-app]");
  for (const name of ["link-app-source", "node-source"]) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.name), name);
  }
  await page.keyboard.press("Enter");
  await rest(page);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "menuitem");
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await page.$(".menu"), null);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), "node-source");
  await page.focus("#tab-why");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getAttribute("#tab-events", "aria-selected"), "true");
  await page.keyboard.press("?");
  assert.equal(await page.textContent("#dialog-title"), "Keys");
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await page.$("dialog"), null);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("the screen reader hears one sentence a step, from the same trace", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click(".next");
  assert.match(await page.textContent("[role=status]"), /^\d+\.\d+ s\. .+\.$/);
  assert.match(await page.getAttribute(".timeline", "aria-valuetext"), /^[\d.]+ seconds of 60\. 1 row differs\./);
  await visit.close();
});

test("events are a list that can be filtered, and each line is a jump", async () => {
  const visit = await site.open();
  const { page } = visit;
  await page.click("#tab-events");
  await page.fill(".search input", "crashes");
  await page.click(".event-line >> nth=0");
  await rest(page);
  assert.equal(await page.textContent(".now"), "12.500 s");
  await page.fill(".search input", "no such thing");
  assert.match(await page.textContent(".no-events"), /^No event matches\. [\d,]+ are hidden\./);
  await page.click("text=Clear filter");
  assert.ok(await page.$$eval(".event-line", (lines) => lines.length) < 80, "only the lines in view are elements");
  await visit.close();
});

for (const view of ["lab", "stage"]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing in any tab, ${view}, ${colorScheme}`, async () => {
      const visit = await site.open({ colorScheme, hash: `#missing-search-index?view=${view}` });
      assert.deepEqual(await visit.axe(), []);
      if (view === "lab") {
        for (const tab of ["events", "rows"]) {
          await visit.page.click(`#tab-${tab}`);
          assert.deepEqual(await visit.axe(), [], tab);
        }
        await visit.page.click("[data-name=node-app]");
        assert.deepEqual(await visit.axe(), [], "menu");
        await visit.page.keyboard.press("Escape");
        await visit.page.click(".share");
        assert.deepEqual(await visit.axe(), [], "dialog");
      }
      await visit.close();
    });
  }
}

/** Texts of a picture that overlap, leave it, or cross the border of a box. */
const clashes = () => {
  const found = [];
  for (const svg of document.querySelectorAll("svg.strips, svg.path, .timeline svg")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")]
      .filter((text) => text.textContent.trim() !== "" && !text.closest(".message"))
      .map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
    texts.forEach(({ words, box }, at) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`leaves its picture: ${words}`);
      for (const other of texts.slice(at + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > 1 && down > 4) found.push(`overlap: ${words} | ${other.words}`);
      }
      for (const node of svg.querySelectorAll("rect.node")) {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        const inside = box.top + 2 < bottom && box.bottom - 2 > top;
        if (inside && [left, right].some((edge) => box.left < edge - 1 && box.right > edge + 1)) found.push(`crosses a border: ${words}`);
      }
    });
  }
  return found;
};

for (const width of WIDTHS) {
  test(`no scrolling sideways and no words on words at ${width} px`, async () => {
    const visit = await site.open({ viewport: { width, height: 900 } });
    const { page } = visit;
    const views = width <= 720 ? ["lab", "stage"] : ["lab"];
    const [presets, strategies] = await offered(page);
    for (const preset of presets) {
      for (const strategy of strategies) {
        for (const view of views) {
          const link = `#${preset}?strategy=${strategy}&view=${view}`;
          await page.evaluate((hash) => { location.hash = hash; }, link);
          await rest(page);
          const wide = await sideways(page);
          assert.ok(wide <= 0, `${link} scrolls sideways by ${wide}`);
          assert.deepEqual(await page.evaluate(clashes), [], link);
        }
      }
    }
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}
