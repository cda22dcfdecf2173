// <drift-scope>: one element in a page of documentation shows a run. It puts the page, in the view that is asked for, into a
// sandboxed frame; until that runs, and wherever it cannot, the element's own children stay in view.
//
//   <script type="module" src="driftscope/drift-scope.js"></script>
//   <drift-scope scenario="missing-search-index" at="12.503s">
//     <a href="driftscope/#missing-search-index">The crash, step by step</a>
//   </drift-scope>
//
// Attributes: `scenario` (the id of a preset, or a permalink from `#` on), `strategy`, `compare`, `seed`, `at`, `faults`, `theme` as
// in a permalink, `view` (stage, timeline, why, compare, matrix; default stage); they count more than what the link says, but a
// long link, one that begins with `#~`, is taken as it is. `height` in px (default 480), `loading` (lazy, eager; default lazy),
// `reveal` (auto: as it comes into view; interaction: on a button) and `label`, its name for screen readers.
const HERE = new URL("./", import.meta.url);
const IN_LINK = ["strategy", "compare", "seed", "at", "faults", "theme", "view"];
const LEAST = 160;

/** A value of a permalink: what a fault is written with stays readable. */
const value = (text) => encodeURIComponent(text).replace(/%(2C|40|3A|2B|2A)/g, decodeURIComponent);

class DriftScope extends HTMLElement {
  static observedAttributes = ["scenario", "height", "reveal", ...IN_LINK];
  #fallback = document.createElement("slot");
  #frame;
  #button;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).append(this.#fallback);
  }

  /** The address of the run that it shows. */
  get address() {
    const scenario = this.getAttribute("scenario") ?? "missing-search-index";
    if (scenario.startsWith("#~")) return new URL(`index.html${scenario}`, HERE).href;
    const [start, own = ""] = scenario.startsWith("#") ? scenario.slice(1).split("?") : [encodeURIComponent(scenario)];
    // What the link says, then what the attributes say instead of it.
    const parts = new Map([["view", "view=stage"]]);
    for (const part of own.split("&").filter(Boolean)) parts.set(part.split("=")[0], part);
    for (const name of IN_LINK.filter((name) => this.hasAttribute(name))) parts.set(name, `${name}=${value(this.getAttribute(name))}`);
    return new URL(`index.html#${start}?${[...parts.values()].join("&")}`, HERE).href;
  }

  connectedCallback() {
    this.style.display = "block";
    window.addEventListener("message", this);
    this.#build();
  }

  disconnectedCallback() {
    window.removeEventListener("message", this);
    this.#clear();
  }

  attributeChangedCallback(name, before, now) {
    if (this.isConnected && before !== now) this.#build();
  }

  /** The frame says that its run is on screen: the fallback has done its part. */
  handleEvent(event) {
    if (event.source !== this.#frame?.contentWindow || event.data?.driftscope !== "ready") return;
    this.#fallback.style.display = "none";
    Object.assign(this.#frame.style, { visibility: "visible", height: `${this.#height()}px` });
  }

  #height() {
    const height = Number.parseInt(this.getAttribute("height") ?? "480", 10);
    return Number.isFinite(height) ? Math.max(height, LEAST) : 480;
  }

  #clear() {
    this.#frame?.remove();
    this.#button?.remove();
    this.#frame = this.#button = undefined;
    this.#fallback.style.display = "";
  }

  #build() {
    this.#clear();
    if (this.getAttribute("reveal") !== "interaction") return this.#reveal();
    this.#button = document.createElement("button");
    this.#button.type = "button";
    this.#button.textContent = "Run it here";
    this.#button.addEventListener("click", () => { this.#button.remove(); this.#reveal(); });
    this.shadowRoot.append(this.#button);
  }

  #reveal() {
    const frame = document.createElement("iframe");
    // Scripts, and nothing of the page around it. A frame that is not laid out never loads lazily: it waits at 1 px.
    frame.sandbox = "allow-scripts allow-popups";
    frame.loading = this.getAttribute("loading") === "eager" ? "eager" : "lazy";
    frame.title = this.getAttribute("label") ?? "Driftscope";
    frame.src = this.address;
    Object.assign(frame.style, { width: "100%", height: "1px", border: "0", display: "block", visibility: "hidden" });
    this.#frame = frame;
    this.shadowRoot.append(frame);
  }
}

customElements.define("drift-scope", DriftScope);
