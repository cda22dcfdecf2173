// node scripts/bench.mjs MODULE NATIVE: runs the bench as wasm, then compares each line with the native one.
// The program prints with console.log and reads performance.now. A line that is compared ends in a speed:
//   a name of any words   12,345,678 events/s   (or runs/s)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [module, native] = process.argv.slice(2);

function speeds(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const match = /^\s*(\S.*?)\s+([\d,._]+) (?:events|runs)\/s/.exec(line);
    if (match) found.set(match[1], Number(match[2].replace(/[,_]/g, "")));
  }
  return found;
}

let printed = "";
const log = console.log;
console.log = (...words) => { printed += `${words.join(" ")}\n`; log(...words); };
createRequire(import.meta.url)(resolve(module));
console.log = log;

const inWasm = speeds(printed);
log("\nwasm in Node against native");
for (const [name, speed] of speeds(readFileSync(native, "utf8"))) {
  const other = inWasm.get(name);
  log(`${(other === undefined ? "absent" : (other / speed).toFixed(2)).padStart(8)}  ${name}`);
}
