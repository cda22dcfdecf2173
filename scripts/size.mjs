// node scripts/size.mjs DIST ENGINE [RECORD]: the size of each file, raw and compressed as a server would; exit 1 over a
// budget. With the file RECORD (what each part weighed last, gzip) exit 1 only where a part has grown by more than 10 kB:
// a part that is over its budget is still said to be, but does not fail until it grows.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const KB = 1000;
const BUDGETS = [
  { what: "page: wasm + JS + CSS", folder: process.argv[2], counts: /\.(wasm|js|css)$/, gzip: 300 * KB, brotli: 250 * KB },
  { what: "engine only: wasm", folder: process.argv[3], counts: /\.wasm$/, gzip: 150 * KB },
];

const kb = (bytes) => (bytes === undefined ? "" : `${(bytes / KB).toFixed(1)} kB`).padStart(10);
const row = (size, name) => console.log(`${kb(size.raw)}${kb(size.gzip)}${kb(size.brotli)}  ${name}`);

function files(folder) {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

function sizes(path) {
  const bytes = readFileSync(path);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

const record = process.argv[4] ? JSON.parse(readFileSync(process.argv[4], "utf8")) : undefined;
let [over, grown] = [0, 0];
console.log(`${"raw".padStart(10)}${"gzip".padStart(10)}${"brotli".padStart(10)}`);
for (const budget of BUDGETS) {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  let counted = 0;
  for (const path of files(budget.folder)) {
    const size = sizes(path);
    row(size, path);
    if (!budget.counts.test(path)) continue;
    counted += 1;
    for (const key of Object.keys(total)) total[key] += size[key];
  }
  row(total, budget.what);
  row({ gzip: budget.gzip, brotli: budget.brotli }, "budget");
  if (counted === 0) { over += 1; console.log(`NOTHING FOUND for ${budget.what} in ${budget.folder}`); }
  for (const key of ["gzip", "brotli"]) {
    if (budget[key] !== undefined && total[key] > budget[key]) {
      over += 1;
      console.log(`OVER BUDGET  ${budget.what}, ${key}: ${kb(total[key]).trim()}, at most ${kb(budget[key]).trim()}`);
    }
  }
  const last = record?.[budget.what];
  if (record && (last === undefined || total.gzip > last + 10 * KB)) {
    grown += 1;
    console.log(`GROWN  ${budget.what}: ${kb(total.gzip).trim()} gzip, recorded ${kb(last).trim() || "nothing"}`);
  }
  if (counted === 0) grown += 1;
  console.log();
}
process.exitCode = (record ? grown : over) > 0 ? 1 : 0;
