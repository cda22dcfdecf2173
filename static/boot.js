// Starts the page: a file of its own, since the Content-Security-Policy allows no inline script.
import init from "./page.js";

init({ module_or_path: new URL("./page_bg.wasm", import.meta.url) }).then(
  () => { document.documentElement.dataset.ready = "true"; },
  (error) => {
    const loading = document.getElementById("loading");
    if (loading) loading.textContent = `The simulator did not start: ${error.message ?? error}`;
    throw error;
  },
);
