// The built page in a real browser, from a sub-folder, under the strict policy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CSP } from "../../scripts/serve.mjs";
import { start } from "./harness.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

for (const colorScheme of ["light", "dark"]) {
  test(`it loads without a complaint, ${colorScheme}`, async () => {
    const visit = await site.open({ colorScheme });
    assert.match(await visit.page.title(), /Driftscope/);
    assert.deepEqual(await visit.axe(), []);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  });
}

test("it is served under the strict policy, and the harness sees a violation", async () => {
  const answer = await fetch(site.address.replace("localhost", "127.0.0.1"));
  assert.equal(answer.headers.get("content-security-policy"), CSP);
  const visit = await site.open();
  await visit.page.evaluate(() => document.body.setAttribute("style", "color: red"));
  await visit.page.waitForTimeout(50);
  assert.match(visit.faults.join("\n"), /policy violation: style-src/);
  await visit.close();
});

test("it says that it needs scripts where there are none", async () => {
  const html = await (await fetch(site.address.replace("localhost", "127.0.0.1"))).text();
  assert.match(html, /<noscript>/);
  assert.doesNotMatch(html, /data-trunk|<style| style=|<script(?![^>]*\ssrc=)/);
});
