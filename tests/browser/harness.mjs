// What the browser tests share: dist/ served from a sub-folder under the strict policy, and pages that keep a list of
// whatever went wrong in them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { serve } from "../../scripts/serve.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-dev-shm-usage",
];

/** Starts server and browser: `const site = await start()`, `await site.open(...)`, `await site.stop()`. */
export async function start({ prefix = "/some/folder/" } = {}) {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("CHROMIUM names no browser: run this through make");
  const server = await serve({ prefix });
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  return {
    address: server.address,
    open: (options) => open(browser, server.address, options),
    stop: async () => { await browser.close(); await server.close(); },
  };
}

/**
 * Opens the page and waits until it runs (`ready` is a selector). `hash` starts with '#'; `path` is another page of the site;
 * other options are Playwright's for a context
 * (viewport, colorScheme, reducedMotion, forcedColors, ...).
 * `visit.faults` grows: console errors and warnings, exceptions, policy violations, failed requests, other origins.
 */
async function open(browser, address, { path = "", hash = "", ready = "html[data-ready]", timeout = 20_000, viewport = { width: 1440, height: 900 }, ...context } = {}) {
  const session = await browser.newContext({ viewport, ...context });
  const page = await session.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => faults.push(`request failed: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`answer ${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && !url.href.startsWith(address)) faults.push(`left its folder: ${url.href}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violation: ${event.violatedDirective} by ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  await page.goto(address + path + hash);
  await page.waitForSelector(ready, { timeout });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { page, faults, axe: () => axe(page), close: () => session.close() };
}

/** What axe finds, one line each; an empty list is a clean page. */
async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}`));
}

/** Waits until what was asked for is drawn. */
export const rest = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))));

/** Opens another link in the page. */
export async function goto(page, hash) {
  await page.evaluate((hash) => { location.hash = hash; }, hash);
  await rest(page);
}

/** The instant that the page shows. */
export const now = (page) => page.textContent(".now");

/** How far the page can be scrolled sideways, in px; 0 is right. */
export const sideways = (page) =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));

/** The targets of a selector that are under 24 px, one line each. */
export const small = (page, selector) => page.$$eval(selector, (found) =>
  found
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
    .map((one) => [one.getBoundingClientRect(), one.dataset.name || one.textContent || one.ariaLabel || one.className])
    .filter(([{ width, height }]) => width < 23.5 || height < 23.5)
    .map(([{ width, height }, words]) => `${words}: ${width} x ${height}`));
