// Starts the page: a file of its own, since the Content-Security-Policy allows no inline script.
import init from "./page.js";

init({ module_or_path: new URL("./page_bg.wasm", import.meta.url) }).then(
  () => {
    document.documentElement.dataset.ready = "true";
    // The element <drift-scope> keeps its fallback until then. It says nothing of the run, so anybody may hear it.
    if (parent !== window) parent.postMessage({ driftscope: "ready" }, "*");
  },
  (error) => {
    const loading = document.getElementById("loading");
    if (loading) loading.textContent = `The simulator did not start: ${error.message ?? error}`;
    throw error;
  },
);
