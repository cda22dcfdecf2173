// Pictures of the page in three sizes, light and dark.
//   --hash '#...'   what to open (default: the first screen)
//   --out FOLDER    where they go (default target/screenshots)
//   --readme        only the README's picture, docs/lab.png
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { start } from "../tests/browser/harness.mjs";

const SIZES = { desktop: [1440, 900], embed: [720, 480], phone: [390, 844] };
const README = fileURLToPath(new URL("../docs/lab.png", import.meta.url));

const { values } = parseArgs({
  options: {
    hash: { type: "string", default: "" },
    out: { type: "string", default: "target/screenshots" },
    readme: { type: "boolean", default: false },
  },
});

const shots = values.readme
  ? [{ size: SIZES.desktop, colorScheme: "light", path: README }]
  : Object.entries(SIZES).flatMap(([name, size]) =>
      ["light", "dark"].map((colorScheme) => ({ size, colorScheme, path: join(values.out, `${name}-${colorScheme}.png`) })));

const site = await start();
try {
  for (const { size: [width, height], colorScheme, path } of shots) {
    mkdirSync(dirname(path), { recursive: true });
    const visit = await site.open({ hash: values.hash, viewport: { width, height }, colorScheme });
    await visit.page.screenshot({ path });
    for (const fault of visit.faults) console.error(`${path}: ${fault}`);
    await visit.close();
    console.log(path);
  }
} finally {
  await site.stop();
}
