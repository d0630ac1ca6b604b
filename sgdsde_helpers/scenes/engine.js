/* The element <sgd-scene name="...">: chains that move under the reader's hand, and the line that holds them to theory.

   A scene is an object with `step`, the equation; `theory`, what it is held to; `rows`, the comparisons; and `draw`. What
   a reader sets is described by its `sliders`, `choices` and `presets`; CONTRIBUTING.md has an example. */

import { rounded } from "./measure.js";
import { Generator } from "./random.js";

const STYLE = `
:host { --ink: var(--pst-color-text-base, var(--jp-ui-font-color1, #222)); --ground: var(--pst-color-background, var(--jp-layout-color0, #fff));
  --muted: var(--pst-color-text-muted, var(--jp-ui-font-color2, #666)); --edge: var(--pst-color-border, var(--jp-border-color1, #bbb));
  --accent: #0072b2; --bad: #b3261e; color: var(--ink); display: block; font-size: 0.95rem; line-height: 1.4; margin: 0.5rem 0; text-align: left; }
:host(.dark) { --accent: #56b4e9; --bad: #ff8a80; }
canvas { display: block; touch-action: pan-y; width: 100%; }
canvas.hand { cursor: grab; touch-action: none; }
.refusal { align-items: center; display: flex; justify-content: center; padding: 1rem; text-align: center; }
.refusal[hidden], canvas[hidden] { display: none; }
.row { align-items: center; display: flex; flex-wrap: wrap; gap: 0.4rem 0.6rem; margin-top: 0.45rem; }
button, .choice { background: none; border: 1px solid var(--edge); border-radius: 6px; color: inherit; cursor: pointer; font: inherit;
  min-height: 36px; min-width: 36px; padding: 0.1rem 0.7rem; }
button:hover, .choice:hover { border-color: var(--accent); }
button.main { background: var(--accent); border-color: var(--accent); color: var(--ground); min-width: 5.2rem; }
.choice { align-items: center; display: inline-flex; gap: 0.4rem; }
fieldset { border: 0; display: contents; }
legend { float: left; padding: 0; }
.slider { align-items: center; display: grid; flex: 1 1 19rem; gap: 0 0.6rem; grid-template-columns: minmax(8.4rem, auto) 1fr 3.6rem; }
.slider output { font-variant-numeric: tabular-nums; font-weight: 600; text-align: right; }
input { accent-color: var(--accent); }
input[type=range] { height: 32px; margin: 0; min-width: 0; width: 100%; }
input[type=number] { background: none; border: 1px solid var(--edge); border-radius: 6px; color: inherit; font: inherit; height: 34px; width: 5rem; }
:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
.key { display: flex; flex-wrap: wrap; gap: 0 1.2rem; }
.key i { border-top: 3px solid; display: inline-block; height: 0; margin-right: 0.4rem; vertical-align: middle; width: 1.3rem; }
.key i.dashed { border-top-style: dashed; }
.key i.area { border-top-width: 11px; }
.held { border-top: 1px solid var(--edge); font-size: 0.9rem; font-variant-numeric: tabular-nums; margin-top: 0.6rem; padding-top: 0.35rem; }
.held div { align-items: baseline; display: flex; flex-wrap: wrap; gap: 0 0.9rem; }
.held .what { flex: 1 1 12rem; }
.held span span { color: var(--muted); }
.held b.bad { color: var(--bad); }
.says { color: var(--muted); margin: 0.3rem 0 0; }
.voice { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; white-space: nowrap; width: 1px; }
slot { display: none; }
@media (max-width: 576px) {
  .slider { flex-basis: 100%; gap: 0 0.5rem; grid-template-columns: 7.2rem 1fr 2.9rem; }
  .slider span, .key { font-size: 0.88rem; }
  .held { font-size: 0.78rem; }
  .held div { gap: 0 0.45rem; }
  .held .what { flex-basis: 100%; }
  button, .choice { padding: 0.1rem 0.5rem; }
  button.main { min-width: 4.2rem; }
}
@media print { slot { display: block; } .live { display: none; } }
`;

const COLOURS = {
  light: { SGD: "#0072b2", "Gaussian SGD": "#b36b00", SDE: "#00805c", Gibbs: "#a8508a", flow: "#c24e00",
    pale: { SGD: "#a9cfe6", "Gaussian SGD": "#f3d193", SDE: "#9fdcc8", Gibbs: "#e7bfd8" } },
  dark: { SGD: "#56b4e9", "Gaussian SGD": "#f0b840", SDE: "#2cc79a", Gibbs: "#e09cc6", flow: "#ff8f4d",
    pale: { SGD: "#1f5c80", "Gaussian SGD": "#7a5a10", SDE: "#0e5f49", Gibbs: "#6f4560" } },
}; // the hues of the book's figures, as dark or as light as text must be

const BUDGET = 7; // ms of a frame for steps

/** What a scene's settings are when it is opened. */
export function startingSettings(scene) {
  const settings = { seed: 1 };
  for (const { key, start } of scene.sliders) settings[key] = start;
  for (const { key, start } of scene.drawings ?? []) settings[key] = start;
  for (const { key, among } of scene.choices ?? []) settings[key] = among[0];
  return settings;
}

/** A run without a screen: what the tests hold to theory, and what the element moves. */
export class Run {
  constructor(scene, settings, chains = scene.chains) {
    Object.assign(this, { scene, settings, chains });
    this.restart();
    this.change({});
  }

  restart() {
    this.random = new Generator(this.settings.seed);
    this.cloud = this.scene.begin(this.chains, this.settings, this.random);
    this.steps = 0;
    this.since = 0; // steps with the present settings
  }

  /** New settings; the chains go on from where they are. */
  change(settings) {
    Object.assign(this.settings, settings);
    this.refusal = this.scene.refuses?.(this.settings) ?? null;
    this.since = 0;
    this.scene.changed?.(this.cloud, this.settings);
    if (this.refusal) this.restart();
    else this.theory = this.scene.theory(this.settings);
  }

  step(times = 1) {
    for (let k = 0; k < times && !this.refusal; k += 1) {
      this.scene.step(this.cloud, this.settings, this.random, this.theory);
      this.steps += 1;
      this.since += 1;
    }
  }

  /** The comparisons, as {what, predicted, measured, error, z} and with a rival {name, predicted, z}.

      What holds of settled chains only has no `measured` until they have settled. An error of 0 has z = 0. */
  rows() {
    if (this.refusal) return [];
    const { cloud, settings, steps, since, theory } = this;
    return this.scene.rows(cloud, settings, { steps, since }, theory).map(([what, predicted, measured, error, rival]) => {
      const z = (value) => (error > 0 ? (measured - value) / error : 0);
      const other = rival && { name: rival[0], predicted: rival[1], z: z(rival[1]) };
      return { what, predicted, measured, error, z: z(predicted), rival: other };
    });
  }
}

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

/** The place of a value on a slider of 1,000 parts, and back. */
const toPart = ({ from, to, log }, value) => 1000 * (log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from));
function fromPart({ from, to, log, whole }, part) {
  const value = log ? from * (to / from) ** (part / 1000) : from + ((to - from) * part) / 1000;
  return whole ? Math.round(value) : Number(value.toPrecision(3));
}

const shown = ({ whole, format }, value) => format?.(value) ?? (whole ? String(value) : value.toPrecision(3).replace("-", "\u2212"));

const signed = (z) => `${z < 0 ? "\u2212" : "+"}${Math.abs(z).toFixed(1)}`;

/** A comparison as it stands under the picture; a rival under it. */
function lines({ what, predicted, measured, error, z, rival }) {
  const part = (name, value) => element("span", {}, element("span", { textContent: `${name} ` }), value);
  const line = (text, ...parts) => element("div", {}, element("span", { className: "what", textContent: text }), ...parts);
  if (measured === null) return [line(what, part("predicted", predicted.toPrecision(3)), part("measured", "the chains are settling"))];
  const sign = element("b", { textContent: signed(z), className: Math.abs(z) > 4.5 ? "bad" : "" });
  const first = line(what, part("predicted", rounded(predicted, error)), part("measured", rounded(measured, error)),
    part("s.e.", rounded(error, error)), part("z =", sign));
  return rival ? [first, line(`\u2003rival: ${rival.name}`, part("predicted", rounded(rival.predicted, error)), part("z =", signed(rival.z)))] : [first];
}

const spoken = ({ what, predicted, measured, error, z }) =>
  `${what}: predicted ${rounded(predicted, error || 0.001)}, ${measured === null ? "not settled yet" : `measured ${rounded(measured, error)}, z ${signed(z)}`}.`;

export function elementFor(scenes) {
  return class extends HTMLElement {
    connectedCallback() {
      this.scene = scenes.find(({ name }) => name === this.getAttribute("name"));
      if (!this.scene || this.run) return;
      this.still = matchMedia("(prefers-reduced-motion: reduce)");
      this.run = new Run(this.scene, { ...startingSettings(this.scene), ...this.asked() });
      this.controls = {};
      this.build();
      this.restart();
      this.playing = !this.still.matches && !this.hasAttribute("paused");
      this.onScreen = new IntersectionObserver(([place]) => {
        this.visible = place.isIntersecting;
        this.wake();
      });
      this.onScreen.observe(this);
      this.onSize = new ResizeObserver(() => this.repaint());
      this.onSize.observe(this);
      this.onTheme = new MutationObserver(() => this.repaint());
      this.onTheme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      this.onTheme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
      this.sayPlaying();
    }

    disconnectedCallback() {
      queueMicrotask(() => {
        if (this.isConnected || !this.run) return;
        [this.onScreen, this.onSize, this.onTheme].forEach((observer) => observer.disconnect());
        cancelAnimationFrame(this.frame);
        this.frame = this.run = null;
      });
    }

    // Settings, on the page and in its address

    /** What the page's address asks for, "?two-points=eta:0.5,B:2", or an attribute of that form; what is not allowed is left. */
    asked() {
      const found = {};
      const text = new URLSearchParams(location.search).get(this.scene.name) ?? this.getAttribute("settings") ?? "";
      for (const part of text.split(",")) {
        const [key, word] = [part.split(":")[0], part.slice(part.indexOf(":") + 1)];
        const slider = this.scene.sliders.find((one) => one.key === key);
        const choice = (this.scene.choices ?? []).find((one) => one.key === key);
        const value = Number(word);
        if (slider && value >= slider.from && value <= slider.to) found[key] = slider.whole ? Math.round(value) : value;
        if (choice?.among.includes(word)) found[key] = word;
        const drawing = (this.scene.drawings ?? []).find((one) => one.key === key);
        const values = word.split("_").map(Number);
        if (drawing && values.length === drawing.at.length && values.every((one) => one >= drawing.from && one <= drawing.to)) found[key] = values;
        if (key === "seed" && Number.isInteger(value)) found.seed = value;
      }
      return found;
    }

    keep() {
      if (this.hasAttribute("forgetful")) return;
      clearTimeout(this.later);
      this.later = setTimeout(() => {
        const [address, start] = [new URL(location.href), startingSettings(this.scene)];
        const words = (value) => [value].flat().join("_");
        const parts = Object.entries(this.run.settings).filter(([key, value]) => key in start && words(value) !== words(start[key]));
        if (parts.length) address.searchParams.set(this.scene.name, parts.map(([key, value]) => `${key}:${words(value)}`).join(","));
        else address.searchParams.delete(this.scene.name);
        if (address.href !== location.href) history.replaceState(history.state, "", address);
      }, 400);
    }

    set(settings) {
      this.run.change(settings);
      this.showSettings();
      if (!this.playing && !this.run.refusal && this.run.steps === 0) this.run.step(this.scene.warm);
      this.dispatchEvent(new CustomEvent("settings", { detail: this.run.settings }));
      this.keep();
      this.repaint();
      this.speak();
    }

    restart() {
      this.run.restart();
      this.run.change({});
      if (this.still.matches || this.hasAttribute("paused")) this.run.step(this.scene.warm);
      this.phase = 1;
      this.repaint();
    }

    // What is on the page

    build() {
      const { scene } = this;
      this.canvas = element("canvas");
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", scene.label); // until there is more to say
      this.words = element("div", { className: "refusal", hidden: true });
      this.key = element("div", { className: "key" });
      this.held = element("div", { className: "held" });
      this.says = element("p", { className: "says" });
      this.voice = element("div", { className: "voice" });
      this.voice.setAttribute("role", "status");
      this.play = element("button", { type: "button", className: "main", onclick: () => this.toggle() });
      const step = element("button", { type: "button", textContent: "step", onclick: () => this.oneStep() });
      const reset = element("button", { type: "button", textContent: "reset", onclick: () => this.reset() });
      this.speed = { key: "speed", label: "steps a second", from: 1, to: 480, log: true, whole: true, start: scene.speed };
      this.stepsASecond = scene.speed;
      const live = element("div", { className: "live" },
        this.canvas, this.words, this.key,
        element("div", { className: "row" }, ...scene.sliders.map((slider) => this.slider(slider, (value) => this.set({ [slider.key]: value })))),
        ...(scene.drawings ?? []).map((drawing) => element("div", { className: "row" }, ...this.drawing(drawing))),
        element("div", { className: "row" }, this.play, step, reset, ...this.presets()),
        this.held,
        element("div", { className: "row" }, ...(scene.choices ?? []).map((choice) => this.choice(choice))),
        element("div", { className: "row" }, this.slider(this.speed, (value) => { this.stepsASecond = value; this.showSettings(); }), this.seed()),
        this.says, this.voice);
      live.setAttribute("role", "group");
      live.setAttribute("aria-label", `${scene.label}, live`);
      this.attachShadow({ mode: "open" }).append(element("style", { textContent: STYLE }), live, element("slot"));
      if (scene.hand) this.letTouch();
      this.showSettings();
    }

    slider(slider, act) {
      const input = element("input", { type: "range", min: 0, max: 1000, step: "any" });
      input.step = 1;
      const value = element("output");
      input.addEventListener("input", () => act(fromPart(slider, Number(input.value))));
      if (slider.whole) { // an arrow key moves to the next whole number, however many parts that is
        input.addEventListener("keydown", (event) => {
          const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
          if (!by) return;
          event.preventDefault();
          act(Math.min(slider.to, Math.max(slider.from, fromPart(slider, Number(input.value)) + by)));
        });
      }
      this.controls[slider.key] = (now) => {
        input.value = toPart(slider, now);
        value.textContent = shown(slider, now);
        input.setAttribute("aria-valuetext", value.textContent);
      };
      return element("label", { className: "slider" }, element("span", { textContent: slider.label }), input, value);
    }

    /** A drawing without a pointer: which knot, and its value. */
    drawing({ key, label, at, from, to }) {
      let knot = Math.floor(at.length / 2);
      const put = (value) => this.set({ [key]: this.run.settings[key].map((old, k) => (k === knot ? value : old)) });
      const place = this.slider({ key: `${key} place`, label: `${label}: at \u03a6`, from: 0, to: at.length - 1, whole: true, format: (k) => String(at[k]).replace("-", "\u2212") }, (k) => {
        knot = k;
        this.showSettings();
      });
      const value = this.slider({ key: `${key} value`, label: `${label}: there`, from, to }, put);
      const [showPlace, showValue] = [this.controls[`${key} place`], this.controls[`${key} value`]];
      delete this.controls[`${key} place`];
      delete this.controls[`${key} value`];
      this.controls[key] = (values) => {
        showPlace(knot);
        showValue(values[knot]);
      };
      return [place, value];
    }

    choice({ key, label, among }) {
      const box = element("fieldset", {}, element("legend", { textContent: label }));
      const name = `${this.scene.name}-${key}-${Math.random()}`; // of this element alone
      const inputs = among.map((value) => {
        const input = element("input", { type: "radio", name, value, onchange: () => this.set({ [key]: value }) });
        box.append(element("label", { className: "choice" }, input, value));
        return input;
      });
      this.controls[key] = (now) => inputs.forEach((input) => { input.checked = input.value === now; });
      return box;
    }

    seed() {
      const input = element("input", { type: "number", min: 1, max: 2 ** 31 - 1, step: 1 });
      input.addEventListener("change", () => {
        this.run.settings.seed = Math.max(1, Math.round(Number(input.value)) || 1);
        this.set({});
        this.restart();
      });
      this.controls.seed = (now) => { input.value = now; };
      return element("label", {}, "seed ", input);
    }

    presets() {
      return (this.scene.presets ?? []).map(([label, settings]) =>
        element("button", { type: "button", textContent: label, onclick: () => this.set(settings) }));
    }

    showSettings() {
      for (const [key, show] of Object.entries(this.controls)) show(key === "speed" ? this.stepsASecond : this.run.settings[key]);
    }

    // Time

    toggle() {
      this.playing = !this.playing;
      this.sayPlaying();
      this.wake();
      this.speak();
    }

    sayPlaying() {
      this.play.textContent = this.playing ? "pause" : "play";
    }

    oneStep() {
      this.playing = false;
      this.sayPlaying();
      this.run.step();
      this.phase = this.still.matches ? 1 : 0;
      this.wake();
      this.repaint();
      this.speak();
    }

    reset() {
      this.run.settings = startingSettings(this.scene);
      this.stepsASecond = this.scene.speed;
      this.restart();
      this.set({});
    }

    /** Ask for a frame if there is something to show: nothing runs off the screen, or while it is paused and drawn. */
    wake() {
      const idle = !this.playing && this.phase >= 1 && !this.dirty;
      if (this.frame || !this.visible || idle) return;
      this.last = null;
      this.frame = requestAnimationFrame((now) => this.tick(now));
    }

    repaint() {
      this.dirty = true;
      this.wake();
    }

    tick(now) {
      const elapsed = Math.min(0.1, (now - (this.last ?? now)) / 1000);
      this.last = now;
      const { steps } = this.run;
      if (this.playing) {
        this.phase += elapsed * this.stepsASecond;
        const start = performance.now();
        for (; this.phase >= 1; this.phase -= 1) {
          if (performance.now() - start < BUDGET) this.run.step(); // on a slow machine time goes slower, not the frames
        }
      } else this.phase = Math.min(1, this.phase + elapsed * 4);
      if (this.gliding || this.dirty || this.run.steps !== steps) this.paint(now);
      this.dirty = false;
      this.frame = null;
      if (this.visible && (this.playing || this.phase < 1)) this.frame = requestAnimationFrame((next) => this.tick(next));
    }

    /** Whether chains are drawn between their places before and after a step, as they are while steps are slow. */
    get gliding() {
      return this.stepsASecond <= 15 || !this.playing;
    }

    paint(now) {
      const { scene, run, canvas } = this;
      canvas.hidden = Boolean(run.refusal);
      this.words.hidden = !run.refusal;
      this.words.textContent = run.refusal ?? "";
      const width = this.clientWidth;
      const height = scene.height(width);
      this.words.style.minHeight = `${height - 32}px`;
      if (width && !run.refusal) {
        const ratio = window.devicePixelRatio || 1;
        if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
          canvas.width = Math.round(width * ratio);
          canvas.height = Math.round(height * ratio);
          canvas.style.height = `${height}px`;
        }
        const context = canvas.getContext("2d");
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        this.colours ??= this.readColours();
        context.font = this.colours.font;
        scene.draw({ context, colours: this.colours, width, height }, run.cloud, run.settings, run.theory, this.gliding ? this.phase : 1);
      }
      if (this.dirty || !(now - this.told < 250)) this.tell(now);
    }

    readColours() {
      const style = getComputedStyle(this);
      const bright = (colour) => (colour.match(/[\d.]+/g) ?? [0]).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
      const dark = bright(style.color) > 382;
      this.classList.toggle("dark", dark);
      const read = (name) => style.getPropertyValue(name);
      return { ...COLOURS[dark ? "dark" : "light"], ink: style.color, muted: read("--muted"), edge: read("--edge"), font: `14px ${style.fontFamily}` };
    }

    /** The key, the live lines, and what the picture shows. */
    tell(now) {
      this.told = now;
      const { run, scene } = this;
      const colour = (name) => name.split(".").reduce((found, part) => found[part], this.colours ?? this.readColours());
      this.key.replaceChildren(...(run.refusal ? [] : scene.key(run.settings)).map(([text, name, kind = ""]) =>
        element("span", {}, element("i", { className: kind, style: `color: ${colour(name)}` }), text)));
      this.held.replaceChildren(...run.rows().flatMap((row) => lines(row)));
      this.says.textContent = run.refusal ?? scene.says(run.settings, run.theory);
      this.canvas.setAttribute("aria-label", this.says.textContent);
      this.colours = null; // read anew at the next frame, so that a change of theme is followed
    }

    /** Once things rest, say the lines aloud; not each of sixty in a second. */
    speak() {
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => {
        if (this.run) this.voice.textContent = this.run.refusal ?? this.run.rows().map(spoken).join(" ");
      }, 900);
    }

    /** A scene that is changed by hand: `hand(settings, [x, y], what)` answers a press with what is held, then moves it. */
    letTouch() {
      const at = (event) => {
        const box = this.canvas.getBoundingClientRect();
        return { x: event.clientX - box.left, y: event.clientY - box.top, width: box.width, height: box.height };
      };
      let what = null;
      this.canvas.addEventListener("touchstart", (event) => { // else the page would scroll under the finger that draws
        if (this.scene.hand.take(this.run.settings, at(event.touches[0])) !== null) event.preventDefault();
      }, { passive: false });
      this.canvas.addEventListener("pointerdown", (event) => {
        what = this.scene.hand.take(this.run.settings, at(event));
        if (what === null) return;
        event.preventDefault();
        this.canvas.setPointerCapture(event.pointerId);
        this.set(this.scene.hand.move(this.run.settings, at(event), what));
      });
      this.canvas.addEventListener("pointermove", (event) => {
        if (what !== null) this.set(this.scene.hand.move(this.run.settings, at(event), what));
        else this.canvas.classList.toggle("hand", this.scene.hand.take(this.run.settings, at(event)) !== null);
      });
      ["pointerup", "pointercancel"].forEach((name) => this.canvas.addEventListener(name, () => { what = null; }));
    }
  };
}
