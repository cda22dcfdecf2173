// What can be taken along and brought back: link, scenario, trace, CSV, diagram, pictures; by file, paste and drop.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const LINK = "#missing-search-index?seed=7&at=12503ms";
const share = async (options = {}) => {
  const visit = await site.open({ hash: LINK, permissions: ["clipboard-read", "clipboard-write"], ...options });
  await visit.page.click(".share");
  await visit.page.waitForSelector(".share-dialog[open]");
  return visit;
};
const saved = async (page, label) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[aria-label="Save: ${label}"]`)]);
  const path = await download.path();
  return { name: download.suggestedFilename(), bytes: readFileSync(path), text: readFileSync(path, "utf8") };
};
const bring = (page, text, type) => page.evaluate(([text, type]) => {
  const data = new DataTransfer();
  if (type === "file") data.items.add(new File([text], "x.json", { type: "application/json" }));
  else data.setData("text/plain", text);
  const event = type === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector("h1").dispatchEvent(event);
  return event.defaultPrevented;
}, [text, type]);

test("scenario, trace, figures and diagram are saved under telling names, and are what they say", async () => {
  const visit = await share();
  const { page } = visit;
  const scenario = await saved(page, "Scenario");
  assert.equal(scenario.name, "missing-search-index-direct-db-first.json");
  assert.equal(JSON.parse(scenario.text).strategy, "direct-db-first");
  const trace = await saved(page, "Trace");
  const [head, ...records] = trace.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(head.document, JSON.parse(scenario.text));
  assert.equal(records.length, Number((await page.textContent(".event")).match(/of ([\d,]+)/)[1].replaceAll(",", "")));
  const csv = await saved(page, "Rows that differ");
  assert.match(csv.text, /^t_us,differs,in_flight\n/);
  const diagram = await saved(page, "Sequence diagram");
  assert.match(diagram.text, /^sequenceDiagram\n/);
  assert.match(diagram.text, /product-17/);
  await page.click("[aria-label='Copy: Sequence diagram']");
  await page.waitForFunction(async (text) => await navigator.clipboard.readText() === text, diagram.text);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the pictures stand alone and look as on the page, ${colorScheme}`, async () => {
    const visit = await share({ colorScheme });
    const { page } = visit;
    for (const [label, selector] of [["Rows", "svg.strips"], ["Stage", "svg.path"], ["Time line", ".timeline svg"]]) {
      const { name, text } = await saved(page, `${label} as SVG`);
      assert.match(name, /^missing-search-index-direct-db-first-(rows|stage|time-line)-12\.503s\.svg$/);
      assert.doesNotMatch(text, /class=|style=|var\(/);
      for (const [, id] of text.matchAll(/url\(#([^)]+)\)/g)) assert.ok(text.includes(`id="${id}"`), `${label} lacks ${id}`);
      const png = await saved(page, `${label} as PNG`);
      assert.equal(png.bytes.subarray(1, 4).toString(), "PNG");
      const box = await page.$eval(selector, (svg) => [svg.clientWidth, svg.clientHeight]);
      assert.deepEqual([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)], box.map((length) => 2 * (length + 32)));
      // The PNG, drawn next to what the browser shows of the element: nearly all dots agree.
      const { bad, inks } = await page.evaluate(async (png) => {
        const image = new Image();
        image.src = `data:image/png;base64,${png}`;
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const dots = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
        const surface = getComputedStyle(document.documentElement).getPropertyValue("--ds-surface").trim();
        const rgb = [1, 3, 5].map((at) => parseInt(surface.slice(at, at + 2), 16));
        const ground = (255 << 24 | rgb[2] << 16 | rgb[1] << 8 | rgb[0]) >>> 0;
        return { bad: dots[dots.length - 1] !== ground ? 1 : 0, inks: new Set(dots).size };
      }, png.bytes.toString("base64"));
      assert.equal(bad, 0, `${label}: the ground is that of the page`);
      assert.ok(inks > 8, `${label}: ${inks} colours`);
    }
    assert.deepEqual(await visit.axe(), []);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}

test("a scenario, a link and a trace open again: dropped, pasted, by file", async () => {
  const visit = await share();
  const { page } = visit;
  const trace = await saved(page, "Trace");
  await page.click(".dialog-close");
  const seed = async (value) => page.waitForFunction((value) => document.querySelector(".seed").value === value, value);
  assert.equal(await bring(page, '{"strategy": "outbox", "seed": 41}', "file"), true, "the browser does not leave the page");
  await seed("41");
  await bring(page, "https://example.org/lab/#outbox?seed=42", "paste");
  await seed("42");
  await bring(page, '\ufeff {"seed": 43}\n', "drop");
  await seed("43");
  await page.click(".share");
  await page.setInputFiles(".share-dialog input[type=file]", { name: "t.jsonl", mimeType: "text/plain", buffer: trace.bytes });
  await seed("7");
  assert.equal(await page.inputValue(".bar select"), "missing-search-index");
  assert.equal(await page.$(".share-dialog"), null);
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("what cannot be opened is said, and the page stays", async () => {
  const visit = await site.open({ hash: LINK });
  const { page } = visit;
  const before = await page.$eval("main h1", (h1) => h1.textContent);
  for (const [text, words] of [
    ["hello", /Not opened\..*neither a scenario/s],
    ['{"seed": -1, "x": 2}', /Not opened\. 2 things to change\..*seed is -1\..*There is no such option/s],
    ['{"seed": ', /Not opened\..*is not JSON/s],
    ["#mising-search-index", /Not opened\..*Did you mean missing-search-index\?/s],
    ['{"record":0,"t_us":5}\n{"record":1,"t_us":6}', /Not opened\..*does not carry its scenario/s],
  ]) {
    await bring(page, text, "paste");
    await page.waitForFunction((source) => new RegExp(source, "s").test(document.querySelector(".notice")?.textContent ?? ""), words.source);
    assert.equal(await page.$eval("main h1", (h1) => h1.textContent), before);
  }
  await page.focus(".seed");
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", '{"seed": 99}');
    document.querySelector(".seed").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.waitForTimeout(200);
  assert.equal(await page.inputValue(".seed"), "7", "what is pasted into a field belongs to the field");
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

test("in a frame that may not save, the page says so, and copying is there", async () => {
  const visit = await site.open({ hash: LINK });
  const { page } = visit;
  await page.evaluate((hash) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.width = 900;
    frame.height = 900;
    frame.src = location.href.split("#")[0] + hash;
    document.body.replaceChildren(frame);
  }, LINK);
  const inside = page.frameLocator("iframe");
  await inside.locator("html[data-ready]").waitFor();
  await inside.locator(".share").click();
  await inside.getByText("This frame may not be allowed to save files.").waitFor();
  assert.equal(await inside.locator("[aria-label='Copy: Scenario']").isVisible(), true);
  await visit.close();
});

for (const viewport of [{ width: 390, height: 844 }, { width: 360, height: 640 }]) {
  test(`nothing is cut at ${viewport.width}`, async () => {
    const visit = await share({ viewport });
    const wide = await visit.page.$$eval(".share-dialog, .share-list li", (parts) => parts.filter((part) => part.scrollWidth > part.clientWidth + 1).length);
    assert.equal(wide, 0);
    assert.deepEqual(await visit.axe(), []);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}
