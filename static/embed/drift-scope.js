// <drift-scope>: one element in a page of documentation shows a run. It puts the page, in the view that is asked for, into a
// sandboxed frame; until that runs, and wherever it cannot, the element's own children stay in view.
//
//   <script type="module" src="driftscope/drift-scope.js"></script>
//   <drift-scope scenario="missing-search-index" at="12.503s">
//     <a href="driftscope/#missing-search-index">The crash, step by step</a>
//   </drift-scope>
//
// Attributes: `scenario` (the id of a preset, or a permalink from `#` on), `strategy`, `seed`, `at`, `faults`, `theme` as in a
// permalink, `view` (stage, timeline, why; default stage), `height` in px (default 480), `loading` (lazy, eager; default
// lazy), `reveal` (auto: as it comes into view; interaction: on a button) and `label`, its name for screen readers.
const HERE = new URL("./", import.meta.url);
const IN_LINK = ["strategy", "seed", "at", "faults", "theme"];
const LEAST = 160;

/** A value of a permalink: what a fault is written with stays readable. */
const value = (text) => encodeURIComponent(text).replace(/%(2C|40|3A|2B|2A)/g, decodeURIComponent);

class DriftScope extends HTMLElement {
  static observedAttributes = ["scenario", "view", "height", "reveal", ...IN_LINK];
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
    if (scenario.startsWith("#")) return new URL(`index.html${scenario}`, HERE).href;
    const set = IN_LINK.filter((name) => this.hasAttribute(name)).map((name) => `${name}=${value(this.getAttribute(name))}`);
    const view = `view=${value(this.getAttribute("view") ?? "stage")}`;
    return new URL(`index.html#${encodeURIComponent(scenario)}?${[...set, view].join("&")}`, HERE).href;
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
