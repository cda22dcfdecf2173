// Starts the page: a file of its own, since the Content-Security-Policy allows no inline script.
// It also stands by: when the simulator itself fails, its module may not be called again, and what is left is here.
import init from "./page.js";

const root = document.documentElement;

// What the module told before it stopped: the message, and how many events its run had come to. The links to what it ran
// and to what it last showed stand at the root element.
let told = ["", "0"];
addEventListener("driftscope-stopped", ({ detail }) => { told = detail; setTimeout(stopped); });
addEventListener("error", ({ error, message }) => { if (isOurs(error)) stopped(message); });
addEventListener("unhandledrejection", ({ reason }) => { if (isOurs(reason)) stopped(String(reason)); });

/** Whether it came out of the module: a trap, memory that ran out, a stack that is full. */
function isOurs(error) {
  return error instanceof WebAssembly.RuntimeError || /page_bg\.wasm|wasm-function/.test(error?.stack ?? "");
}

/** Says that the simulator stopped; the page stays as it was last drawn, and can be opened again there. */
function stopped(message = "") {
  if (root.dataset.stopped) return;
  root.dataset.stopped = "true";
  const [panic, event] = told;
  const { scenario, fine } = root.dataset;
  const seen = Number(/event ([\d,]+)/.exec(document.querySelector(".event")?.textContent ?? "")?.[1].replaceAll(",", "")) || 0;
  const link = scenario || location.hash;
  const where = Number(event) > 0 ? ` at event ${Number(event).toLocaleString("en")}` : "";
  const words = `The simulator stopped${where}. This is a fault in Driftscope, not in the strategy.`;
  const report = [
    words, panic || message, `scenario: ${location.href.split("#")[0]}${link}`, `browser: ${navigator.userAgent}`,
  ].join("\n");
  const notice = element("main", "stopped", "");
  const text = element("div", "notice-text", "");
  text.setAttribute("role", "alert");
  text.append(element("h1", "", words), element("p", "small second", "The page below is as it was before. The scenario is in the report, and in the address of this page."));
  const copy = element("button", "", "Copy report");
  copy.onclick = () => navigator.clipboard.writeText(report).then(
    () => { copy.textContent = "Copied"; },
    () => { if (!text.querySelector("textarea")) text.append(field(report)); },
  );
  const back = element("button", "primary", seen ? `Back to event ${seen.toLocaleString("en")}` : "Open the first scenario");
  back.onclick = () => {
    // Without a run on the page it was the link in the address that could not be run.
    history.replaceState(null, "", seen ? fine || location.hash || "#" : "#");
    location.reload();
  };
  notice.append(text, copy, back);
  document.getElementById("app").inert = true;
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.body.prepend(notice);
  back.focus();
}

function element(tag, name, text) {
  return Object.assign(document.createElement(tag), { className: name, textContent: text, ...(tag === "button" && { type: "button" }) });
}

function field(text) {
  const area = Object.assign(element("textarea", "mono", text), { readOnly: true, rows: 6 });
  area.setAttribute("aria-label", "Report");
  return area;
}

init({ module_or_path: new URL("./page_bg.wasm", import.meta.url) }).then(
  () => {
    root.dataset.ready = "true";
    // The element <drift-scope> keeps its fallback until then. It says nothing of the run, so anybody may hear it.
    if (parent !== window) parent.postMessage({ driftscope: "ready" }, "*");
  },
  (error) => {
    const loading = document.getElementById("loading");
    if (loading) loading.textContent = `The simulator did not start: ${error.message ?? error}`;
    throw error;
  },
);
