// The tool chain itself: what must agree does, and the server shows nothing but its folder.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { test } from "node:test";
import { serve } from "../../scripts/serve.mjs";

const text = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("each tool's version is the same wherever it stands", () => {
  const scripts = text("scripts/lib.sh");
  const trunk = /TRUNK_VERSION=(\S+)/.exec(scripts)[1];
  const bindgen = /WASM_BINDGEN_VERSION=(\S+)/.exec(scripts)[1];
  const small = /WASM_SMALL="(.*)"/.exec(scripts)[1];
  const features = /WASM_FEATURES="(.*)"/.exec(scripts)[1];
  const binaryen = JSON.parse(text("tests/browser/package.json")).dependencies.binaryen;
  assert.ok(text("Trunk.toml").includes(`trunk-version = "=${trunk}"`));
  assert.ok(text("Trunk.toml").includes(`wasm_bindgen = "${bindgen}"`));
  assert.ok(text("Trunk.toml").includes(`wasm_opt = "version_${binaryen.split(".")[0]}"`));
  assert.match(text("Cargo.toml"), new RegExp(`wasm-bindgen = .*"=${bindgen.replaceAll(".", "\\.")}"`));
  assert.ok(text("index.html").includes(`data-wasm-opt-params="${small} ${features}"`));
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(text("tests/browser/package-lock.json"), /"resolved"|https?:/);
});

test("the server answers for its folder and prefix only", async () => {
  const site = await serve({ prefix: "/lab/" });
  const port = new URL(site.address).port;
  // Not fetch: it would tidy the path before it is sent.
  const status = (path, method = "GET") => new Promise((done, failed) => {
    request({ host: "127.0.0.1", port, path, method }, (answer) => { answer.resume(); done(answer.statusCode); }).on("error", failed).end();
  });
  try {
    assert.equal(await status("/lab/"), 200);
    assert.equal(await status("/lab/index.html", "HEAD"), 200);
    for (const path of ["/", "/lab/absent", "/lab/../Cargo.toml", "/lab/%2e%2e/Cargo.toml", "/lab/..%2fCargo.toml", "/lab/%00", "/lab/%"]) {
      assert.equal(await status(path), 404, path);
    }
    assert.equal(await status("/lab/", "POST"), 405);
  } finally {
    await site.close();
  }
});
