// The page's worker: the same program, which sees that it has no window and takes tasks instead of showing a page.
import init from "./page.js";

// A promise that is rejected is no error of the worker, which the page would hear of.
init({ module_or_path: new URL("./page_bg.wasm", import.meta.url) }).catch((error) => setTimeout(() => { throw error; }));
