// The page's worker: the same program, which sees that it has no window and takes tasks instead of showing a page.
import init from "./page.js";

init({ module_or_path: new URL("./page_bg.wasm", import.meta.url) });
