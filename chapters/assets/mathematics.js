/* How formulas are set: those near the screen first, and nothing is seen before it is set. Stands in the head of each page
   with mathematics, before MathJax, whose parts read this object. */
(() => {
  "use strict";
  const PATIENCE = 8000; // ms after which the text is shown in any case
  const UNPAINTED = 1000; // ms after all else has come in which MathJax still waits for the first words to be painted
  const FONTS_LATE = 2000; // ms to wait for their fonts when the first formulas are set
  const SCREENS = 1.2; // formulas so many screens away belong to the first ones
  const SOON = 50; // signs of TeX that are set at once in the beginning, and on a slow machine
  const QUICK = 9; // ms of work between two moments at which the reader can act; a phone needs four times as many
  const METRICS = 110; // the state in which MathJax measures the place of a formula; by default it draws for the old one
  const ROWS = "0.6em"; // between rows with fractions
  const BRACKETED = 14; // so many parts of a formula in brackets stand on one line
  const SMALLEST = 0.8; // a formula that is still too wide when its lines are broken becomes so small at most

  const VENDOR = document.querySelector('meta[name="vendor"]').content;
  const LOADED = ["core", "input/tex", "output/chtml", "a11y/assistive-mml"]; // by MathJax's own first script
  const START = "mathjax/startup.js";
  const SCRIPTS = [START, ...LOADED.map((name) => `mathjax/${name}.js`), "mathjax-tex-font/chtml.js"];
  const FONTS = ["n", "zero"].map((name) => `mathjax-tex-font/chtml/woff2/mjx-tex-${name}.woff2`); // of all formulas
  const PARTS = ".bd-article section > :not(section)";

  const root = document.documentElement;
  root.classList.add("unset", "setting", "partly");
  const show = () => root.classList.remove("unset");
  const give = () => {
    root.classList.remove("unset", "setting", "partly", "rest");
    waiting.forEach((formula) => formula.classList.remove("waiting"));
  };
  setTimeout(show, PATIENCE);
  addEventListener("error", (event) => {
    if (event.target.tagName === "SCRIPT") give(); // without MathJax the reader has TeX
  }, true);

  /** What sets formulas is fetched when the first words have been painted, and before all else that is still to come. */
  let mathematics = () => {
    mathematics = () => {};
    const add = (tag, given) => document.head.append(Object.assign(document.createElement(tag), given));
    const soon = (as, name, given) =>
      add("link", { rel: "preload", as, fetchPriority: "high", href: `${VENDOR}/${name}`, ...given });
    SCRIPTS.forEach((name) => soon("script", name));
    if (location.protocol !== "file:") FONTS.forEach((name) => soon("font", name, { type: "font/woff2", crossOrigin: "" }));
    const start = () => add("script", { src: `${VENDOR}/${START}` });
    // While the text comes in, MathJax would wait for it and for all scripts after it.
    if (document.readyState === "loading") document.addEventListener("readystatechange", start, { once: true });
    else start();
  };
  new PerformanceObserver(() => mathematics()).observe({ type: "paint", buffered: true });
  addEventListener("load", () => setTimeout(() => mathematics(), UNPAINTED)); // nothing is painted where nobody looks

  let waiting = []; // the formulas that are not set yet
  let blocks = []; // the parts of the text that are laid out only near the screen, as mathematics.css says
  const turn = () => new Promise((next) => setTimeout(next)); // the reader can act
  const rest = () => new Promise((next) => (window.requestIdleCallback || setTimeout)(next, { timeout: 50 }));

  function done(formulas) {
    waiting = waiting.filter((formula) => !formulas.includes(formula));
    formulas.forEach((formula) => formula.classList.remove("waiting"));
    fit(formulas);
  }

  /** One formula's error is its own: the others are set, and it stays as it was written. */
  async function set(formulas) {
    try {
      await MathJax.typesetPromise(formulas);
    } catch (error) {
      if (formulas.length === 1) console.error(error);
      else for (const formula of formulas) await set([formula]);
    }
    done(formulas);
  }

  /** Lay out a part of the text, and all its like; the formulas there that a reader can see, not those that are folded. */
  function lay(parts) {
    blocks = blocks.filter((block) => !parts.includes(block));
    parts.forEach((block) => block.classList.add("laid"));
    return waiting.filter((formula) => parts.some((block) => block.contains(formula)) && formula.checkVisibility());
  }

  /** A formula in the text that is wider than a line goes on like the words: what stands after it does not begin a new line. */
  function flow(formulas) {
    const broken = formulas.filter((formula) => formula.matches("span.math") && formula.querySelector("[breakable]"));
    broken.forEach((formula) => formula.classList.remove("flows"));
    broken
      .filter((formula) => formula.offsetWidth > (formula.closest("p")?.clientWidth ?? Infinity) - 1)
      .forEach((formula) => formula.classList.add("flows"));
  }

  /** Make a formula that is a little too wide a little smaller. What can still be moved, the keyboard can move too. */
  function fit(boxes) {
    flow(boxes);
    boxes = boxes.filter((box) => box.tagName !== "SPAN");
    boxes.forEach((box) => { if (box.matches(".math")) box.style.fontSize = ""; });
    const shares = boxes.map((box) => box.clientWidth / box.scrollWidth);
    boxes.forEach((box, i) => {
      if (shares[i] < 1 && shares[i] >= SMALLEST && box.matches(".math")) {
        const size = parseFloat(getComputedStyle(box).fontSize);
        box.style.fontSize = `${Math.floor(size * shares[i] * 20) / 20 - 0.1}px`;
      } else if (shares[i] < 1) {
        box.tabIndex = 0;
      } else {
        box.removeAttribute("tabindex");
      }
    });
  }

  /** The fonts of what is set by now; without them signs are of other heights. */
  function fonts() {
    document.body.getBoundingClientRect(); // a layout, which asks for them
    const coming = [...document.fonts].filter(({ family, status }) => family.includes("MJX") && status === "loading");
    return Promise.allSettled(coming.map((face) => face.loaded)); // those of words that come late are kept for the next page
  }

  const near = (box) => {
    const { top, bottom } = box.getBoundingClientRect();
    return bottom > (1 - SCREENS) * innerHeight && top < SCREENS * innerHeight;
  };

  /** Where the address points; the page is brought back there after what stands above it has been set. */
  function target() {
    try {
      return location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return null;
    }
  }

  async function setPage() {
    waiting = [...document.querySelectorAll(".math")];
    waiting.forEach((formula) => formula.classList.add("waiting"));
    root.classList.remove("setting");
    blocks = [...document.querySelectorAll(PARTS)];
    const aim = target();
    let moved = false;
    ["wheel", "touchstart", "keydown", "pointerdown"].forEach((name) =>
      addEventListener(name, () => { moved = true; }, { once: true, passive: true }));
    let ready = waiting.filter((formula) => !formula.closest(PARTS) && formula.checkVisibility());
    let many = SOON; // signs of TeX that are set at once
    const next = async (formulas) => {
      const begun = performance.now();
      let signs = 0;
      const now = formulas.filter(({ textContent }, i) => (signs += textContent.length) <= many || i === 0);
      ready = ready.filter((formula) => !now.includes(formula));
      await set(now);
      seen();
      many = Math.max(SOON, performance.now() - begun < QUICK ? 1.2 * many : many / 2);
    };
    let line = []; // what is laid out, but not yet shown; on the screen nothing is shown before what stands above it
    const seen = () => {
      document.body.getBoundingClientRect(); // the layout is part of the work
      let above = true;
      const whole = line.filter((block) => {
        const here = near(block);
        const left = ready.some((formula) => block.contains(formula) && (near(formula) || !here));
        const shown = above && !left;
        above &&= !left || !here;
        return shown;
      });
      line = line.filter((block) => !whole.includes(block));
      whole.forEach((block) => block.classList.add("shown"));
    };
    const start = (parts) => {
      line.push(...parts);
      ready.push(...lay(parts));
    };
    const come = () => { // what the reader has come near
      for (let here = blocks.filter(near); here.length; here = blocks.filter(near)) start(here);
      seen();
      return ready.filter(near);
    };

    if (aim) aim.scrollIntoView();
    for (let first = come(); first.length; first = come()) {
      await next(first);
      await turn();
    }
    Promise.race([fonts(), new Promise((late) => setTimeout(late, FONTS_LATE))]).then(() => {
      if (aim && !moved) aim.scrollIntoView();
      root.classList.add("rest");
      show();
    });
    while (ready.length || blocks.length) {
      await rest();
      const here = come();
      const begun = performance.now();
      while (!ready.length && blocks.length && performance.now() - begun < QUICK) {
        start(blocks.slice(0, 1));
        seen();
      }
      if (ready.length && performance.now() - begun < QUICK) await next(here.length ? here : ready);
    }
    if (aim && !moved) aim.scrollIntoView();
    fit([...document.querySelectorAll(".pst-scrollable-table-container")]);
    fonts().then(() => flow([...document.querySelectorAll(".math:not(.waiting)")]));
    const arrival = new IntersectionObserver((seen) => {
      const opened = seen.filter(({ isIntersecting }) => isIntersecting).map(({ target: formula }) => formula);
      opened.forEach((formula) => arrival.unobserve(formula));
      if (opened.length) set(opened).then(fonts).then(() => flow(opened));
    }, { rootMargin: "100000px" });
    waiting.forEach((formula) => arrival.observe(formula)); // those that are folded
    root.dataset.formulas = "set";
    dispatchEvent(new Event("resize")); // the theme looks again at what can be scrolled
    changed();
  }

  /** Lines are broken for the width that there is. */
  let width = 0;
  let timer;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const article = document.querySelector(".bd-article");
      if (!article || article.clientWidth === width || root.dataset.formulas !== "set") return;
      width = article.clientWidth;
      await MathJax.startup.promise;
      MathJax.startup.document.rerender(METRICS);
      fit([...document.querySelectorAll(".math:not(.waiting), .pst-scrollable-table-container")]);
      root.dataset.formulasFor = width;
    }, 200);
  }

  /** Between two statements of a formula is the best place to break it. */
  const space = (width) => `\\mmlToken{mspace}[width="${width}em" linebreak="goodbreak"]{}`;

  /** Rows with fractions in them stand apart; by default a denominator touches the numerator below it. */
  const apart = ({ data: { root } }) => root.walkTree((table) => {
    if (!table.isKind("mtable") || table.attributes.get("rowspacing") !== "3pt") return;
    let high = false;
    table.walkTree((node) => { high ||= node.isKind("mfrac"); });
    if (high) table.attributes.set("rowspacing", ROWS);
  });

  /** A formula in the text is not broken within brackets, if they hold little. */
  const whole = ({ math, data: { root } }) => math.display || root.walkTree((row) => {
    if (!row.isInferred) return;
    const open = [];
    row.childNodes.forEach((node, i) => {
      const sign = node.isEmbellished && node.coreMO().getText();
      if ("([{⟨".includes(sign || " ")) open.push(i);
      if (!")]}⟩".includes(sign || " ") || !open.length) return;
      const within = row.childNodes.slice(open.pop() + 1, i);
      if (within.length <= BRACKETED) {
        within.filter((part) => part.isEmbellished || part.isKind("mspace"))
          .forEach((part) => (part.isEmbellished ? part.coreMO() : part).attributes.set("linebreak", "nobreak"));
      }
    });
  });

  window.MathJax = {
    loader: {
      load: LOADED,
      paths: { fonts: "[mathjax]/.." },
    },
    output: { font: "mathjax-tex", displayOverflow: "linebreak", linebreaks: { lineleading: 0.5 } },
    tex: { macros: { quad: space(1), qquad: space(2) }, postFilters: [apart, whole] },
    options: {
      enableAssistiveMml: true,
      processHtmlClass: "tex2jax_process|mathjax_process|math|output_area", // MyST marks each page as mathjax_ignore
    },
    startup: {
      async pageReady() {
        const article = document.querySelector(".bd-article");
        width = root.dataset.formulasFor = article.clientWidth;
        new ResizeObserver(changed).observe(article);
        await turn();
        await MathJax.typesetPromise([]); // its style sheet
        await turn();
        await setPage().catch((error) => {
          give();
          throw error;
        });
      },
    },
  };

  // After the theme's own handler, which unfolds what is folded.
  addEventListener("load", () => addEventListener("beforeprint", () => {
    if (!waiting.length || !window.MathJax.typeset) return;
    root.classList.remove("unset", "setting", "partly", "rest");
    const formulas = waiting;
    MathJax.typeset(formulas);
    done(formulas);
  }));
})();
