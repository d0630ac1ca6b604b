/* What the sliders of `explore` need on a page without a kernel beyond the links that travel in their own state: names
   and spoken values, ticks, reset, and "hold η/B fixed". In a running notebook Python does the last two. */

(() => {
  "use strict";
  const SPEAK_AFTER = 600; // ms: a sweep is not read out picture by picture
  const dressed = new WeakSet();

  /** ipywidgets builds a picture in a chain of promises, and fails if the row that takes it is put away meanwhile. */
  async function built() {
    for (let turn = 0; turn < 64; turn += 1) await null; // the chain is shorter; the browser paints after all of them
  }

  /** One slider of a widget, or null while it is not drawn yet. */
  function findSlider(root, name) {
    const box = root.querySelector(`.explorer-${name}`);
    const target = box && box.querySelector(".noUi-target");
    if (!target || !target.noUiSlider) return null;
    const api = target.noUiSlider;
    return {
      api,
      name: box.querySelector(".widget-label").textContent,
      track: target,
      handle: target.querySelector(".noUi-handle"),
      readout: box.querySelector(".widget-readout"),
      last: Number(api.options.range.max),
      index: () => Math.round(Number(api.get())),
    };
  }

  function nameForScreenReaders(slider) {
    slider.handle.setAttribute("aria-label", slider.name);
    slider.readout.contentEditable = "false"; // ipywidgets lets it be typed in, and then does nothing with it
    const speak = () => slider.handle.setAttribute("aria-valuetext", slider.readout.textContent);
    slider.api.on("update", speak); // after the slider's own handler, which says the index
    speak();
  }

  /** A tick under the track for each value. */
  function mark(slider) {
    const ticks = document.createElement("div");
    ticks.className = "explorer-ticks";
    ticks.setAttribute("aria-hidden", "true");
    for (let i = 0; i <= slider.last; i += 1) {
      ticks.append(document.createElement("i"));
      ticks.lastChild.style.left = `${(100 * i) / slider.last}%`;
    }
    slider.track.append(ticks);
  }

  /** The button tells its state by its icon alone; say it in words too. */
  function findPlay(root) {
    const [button, stop] = root.querySelectorAll(".explorer-play button");
    const icon = button.querySelector("i");
    const playing = () => icon.classList.contains("fa-pause");
    const say = () => button.setAttribute("aria-label", playing() ? "pause" : "play: sweep the learning rate");
    stop.setAttribute("aria-label", "stop: back to the smallest learning rate");
    new MutationObserver(say).observe(icon, { attributes: true });
    say();
    return { button, playing, pause: () => playing() && button.click() };
  }

  /** Reset, and the two sliders moving together while η/B is held. */
  function connect(root, eta, size, play, number) {
    const start = [eta.index(), size.index()];
    const name = `widget-${number}`; // in the page's address, so that a link leads to a setting
    const hold = root.querySelector(".explorer-hold input");
    const held = () => hold !== null && hold.checked;
    let [i, j] = start;
    let moving = false;

    /** Move both sliders; nothing is painted, and no reader acts, before both have moved. */
    async function put(newI, newJ) {
      moving = true;
      [i, j] = [newI, newJ];
      await built();
      eta.api.set(newI);
      await built();
      size.api.set(newJ);
      await built();
      moving = false;
      keep();
    }

    /** How many steps both sliders can go down and up together. */
    const room = () => [Math.min(i, j), Math.min(eta.last - i, size.last - j)];

    function moved() {
      if (moving) return;
      const [newI, newJ] = [eta.index(), size.index()];
      const step = newI - i + newJ - j; // one of the two is 0
      if (held() && step !== 0) {
        put(i + step, j + step);
        if (room()[1] === 0) play.pause();
      } else {
        [i, j] = [newI, newJ];
      }
      keep();
    }

    let later;
    function keep() {
      clearTimeout(later);
      later = setTimeout(() => {
        const address = new URL(location.href);
        if (i === start[0] && j === start[1]) address.searchParams.delete(name);
        else address.searchParams.set(name, `${i}.${j}`);
        if (address.href !== location.href) history.replaceState(history.state, "", address);
      }, 400);
    }

    /** While η/B is held, neither slider can be moved where the other cannot follow. */
    function fence() {
      const [down, up] = held() ? room() : [Infinity, Infinity];
      const padding = (index, last) => [Math.max(0, index - down), Math.max(0, last - index - up)];
      moving = true;
      eta.api.updateOptions({ padding: padding(i, eta.last) }, false);
      size.api.updateOptions({ padding: padding(j, size.last) }, false);
      moving = false;
    }

    eta.api.on("update", moved);
    size.api.on("update", moved);
    if (hold) {
      hold.addEventListener("change", fence);
      play.button.addEventListener("click", (event) => {
        const [down, up] = room();
        if (!held() || up > 0 || down === 0 || play.playing()) return;
        event.stopImmediatePropagation(); // a sweep from the edge begins anew at the other end
        put(i - down, j - down).then(() => play.button.click());
      }, { capture: true });
    }
    const asked = (new URLSearchParams(location.search).get(name) || "").match(/^(\d+)\.(\d+)$/);
    if (asked && asked[1] <= eta.last && asked[2] <= size.last) put(Number(asked[1]), Number(asked[2]));
    root.querySelector(".explorer-reset").addEventListener("click", () => {
      play.pause();
      if (held()) hold.click();
      put(...start);
    });
  }

  /** Tell a screen reader the caption of the picture at which the sliders come to rest. */
  function announce(root) {
    const voice = root.appendChild(document.createElement("div"));
    voice.className = "explorer-voice";
    voice.setAttribute("role", "status");
    let timer;
    fetchAhead(root);
    new MutationObserver(() => {
      fetchAhead(root);
      clearTimeout(timer);
      timer = setTimeout(() => {
        const caption = root.querySelector("figcaption");
        if (caption) voice.textContent = caption.textContent;
      }, SPEAK_AFTER);
    }).observe(root.querySelector(".explorer-stage"), { childList: true, subtree: true });
  }

  function dress(root) {
    const [eta, size] = [findSlider(root, "eta"), findSlider(root, "batch-size")];
    const ready = eta && size && root.querySelector(".explorer-play i") && root.querySelector(".explorer-stage figure");
    if (!ready || dressed.has(root)) return;
    dressed.add(root);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", root.querySelector("figure").getAttribute("aria-label"));
    [eta, size].forEach(nameForScreenReaders);
    [eta, size].forEach(mark);
    connect(root, eta, size, findPlay(root), [...document.querySelectorAll(".explorer")].indexOf(root) + 1);
    announce(root);
  }

  // ipywidgets 8 calls MathJax 2 to set the names of sliders; they hold no TeX, and the page carries MathJax 4.
  const hub = () => {
    window.MathJax = window.MathJax || {};
    if (!window.MathJax.Hub) window.MathJax.Hub = { Queue() {} };
  };
  document.addEventListener("load", hub, true); // of any script: MathJax's own puts a new object in the place of the old

  const here = new URL(".", document.currentScript.src);

  /** Fetch the script that draws widgets. It waits for the page's `load`, which has been: so it is told at once. */
  function fetchEmbed() {
    if (fetchEmbed.called) return;
    fetchEmbed.called = true;
    const listen = window.addEventListener;
    window.addEventListener = (name, act, ...how) =>
      name === "load" && document.readyState === "complete" ? queueMicrotask(act) : listen.call(window, name, act, ...how);
    const script = document.createElement("script");
    script.src = new URL("vendor/widgets/embed.js", here);
    script.onload = () => { window.addEventListener = listen; };
    document.head.append(script);
  }

  /** For each picture of a page's widgets those to which one step of a slider leads. */
  function neighbours() {
    const found = new Map();
    document.querySelectorAll(`script[type="application/vnd.jupyter.widget-state+json"]`).forEach((script) => {
      const { state } = JSON.parse(script.textContent);
      const children = ({ state: { children } }) => children.map((name) => state[name.replace("IPY_MODEL_", "")]);
      const is = (model, name) => (model.state._dom_classes || []).includes(name);
      for (const stage of Object.values(state).filter((model) => is(model, "explorer-stage"))) {
        const grid = children(children(stage)[0]).map((row) => children(row).map((cell) => {
          const source = cell.state.value.match(/src="([^"]+)"/);
          return source && new URL(source[1], document.baseURI).href;
        }));
        grid.forEach((row, i) => row.forEach((source, j) => {
          const around = [[i - 1, j], [i + 1, j], [i, j - 1], [i, j + 1]];
          found.set(source, around.map(([a, b]) => (grid[a] || [])[b]).filter(Boolean));
        }));
      }
    });
    return found;
  }

  let around;
  function fetchAhead(root) {
    around = around || neighbours();
    const picture = root.querySelector(".explorer-stage img");
    (picture && around.get(picture.src) || []).forEach((source) => { new Image().src = source; });
  }

  const dressAll = () => document.querySelectorAll(".explorer").forEach(dress);
  new MutationObserver(dressAll).observe(document.documentElement, { childList: true, subtree: true });

  const close = new IntersectionObserver((places) => {
    if (!places.some((place) => place.isIntersecting)) return;
    close.disconnect();
    if (document.readyState === "complete") fetchEmbed();
    else window.addEventListener("load", fetchEmbed);
  }, { rootMargin: "800px" });
  document.querySelectorAll(".explorer-still").forEach((still) => close.observe(still.parentElement));
})();
