/* How formulas are set: those near the screen first, and nothing is seen before it is set. Stands in the head of each page
   with mathematics, before MathJax, whose parts read this object. */
(() => {
  "use strict";
  const PATIENCE = 8000; // ms after which the text is shown in any case
  const FONTS_LATE = 2000; // ms to wait for their fonts when the first formulas are set
  const SCREENS = 1.2; // formulas so many screens away belong to the first ones
  const AT_ONCE = 4; // formulas set between two moments at which the reader can act;
  const QUICK = 9; // more of them where they take fewer ms than this
  const METRICS = 110; // the state in which MathJax measures the place of a formula; by default it draws for the old one
  const SMALLEST = 0.8; // a formula that is still too wide when its lines are broken becomes so small at most

  const root = document.documentElement;
  root.classList.add("unset", "setting");
  const show = () => root.classList.remove("unset");
  const give = () => {
    root.classList.remove("unset", "setting");
    waiting.forEach((formula) => formula.classList.remove("waiting"));
  };
  setTimeout(show, PATIENCE);
  addEventListener("error", (event) => {
    if (event.target.tagName === "SCRIPT") give(); // without MathJax the reader has TeX
  }, true);

  let waiting = []; // the formulas that are not set yet
  const there = (formula) => formula.checkVisibility({ contentVisibilityAuto: true }); // not folded, not left out far off
  const rest = () => new Promise((next) => (window.requestIdleCallback || setTimeout)(next, { timeout: 300 }));

  function done(formulas) {
    waiting = waiting.filter((formula) => !formulas.includes(formula));
    formulas.forEach((formula) => formula.classList.remove("waiting"));
    fit(formulas);
  }

  async function set(formulas) {
    await MathJax.typesetPromise(formulas);
    done(formulas);
  }

  /** Make a formula that is a little too wide a little smaller. What can still be moved, the keyboard can move too. */
  function fit(boxes) {
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
    return document.fonts.ready;
  }

  const near = (formula) => {
    const { top, bottom } = formula.getBoundingClientRect();
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
    const later = waiting.filter((formula) => !there(formula));
    waiting = waiting.filter(there);
    const aim = target();
    let moved = false;
    ["wheel", "touchstart", "keydown", "pointerdown"].forEach((name) =>
      addEventListener(name, () => { moved = true; }, { once: true, passive: true }));
    const first = waiting.filter(near);
    while (first.length) {
      await set(first.splice(0, AT_ONCE));
      await new Promise((next) => setTimeout(next));
    }
    Promise.race([fonts(), new Promise((late) => setTimeout(late, FONTS_LATE))]).then(() => {
      if (aim && !moved) aim.scrollIntoView();
      show();
    });
    let many = AT_ONCE;
    while (waiting.length) {
      await rest();
      const onScreen = waiting.filter(near);
      const begun = performance.now();
      await set((onScreen.length ? onScreen : waiting).slice(0, many));
      document.body.getBoundingClientRect(); // the layout is part of the work
      many = performance.now() - begun < QUICK ? many + 1 : AT_ONCE;
    }
    if (aim && !moved) aim.scrollIntoView();
    fit([...document.querySelectorAll(".pst-scrollable-table-container")]);
    waiting = later;
    const arrival = new IntersectionObserver((seen) => {
      const opened = seen.filter(({ isIntersecting }) => isIntersecting).map(({ target: formula }) => formula);
      opened.forEach((formula) => arrival.unobserve(formula));
      if (opened.length) set(opened);
    }, { rootMargin: "100000px" });
    later.forEach((formula) => arrival.observe(formula));
    root.dataset.formulas = "set";
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

  window.MathJax = {
    loader: {
      load: ["core", "input/tex", "output/chtml", "a11y/assistive-mml"],
      paths: { fonts: "[mathjax]/.." },
    },
    output: { font: "mathjax-tex", displayOverflow: "linebreak" },
    tex: { macros: { quad: space(1), qquad: space(2) } },
    options: {
      enableAssistiveMml: true,
      processHtmlClass: "tex2jax_process|mathjax_process|math|output_area", // MyST marks each page as mathjax_ignore
    },
    startup: {
      async pageReady() {
        const article = document.querySelector(".bd-article");
        width = root.dataset.formulasFor = article.clientWidth;
        new ResizeObserver(changed).observe(article);
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
    const formulas = waiting;
    MathJax.typeset(formulas);
    done(formulas);
    root.classList.remove("unset", "setting");
  }));
})();
