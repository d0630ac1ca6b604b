/* A reader's comforts: code can be hidden, a picture enlarged, and what a link of the page points to is shown beside it. */
(() => {
  "use strict";
  const root = document.documentElement;
  const article = document.querySelector(".bd-article");
  if (!article) return;

  /** One switch for the code of all pages; the choice is remembered. */
  function hideCode() {
    const bar = document.querySelector(".article-header-buttons");
    if (!bar || !article.querySelector(".cell_input")) return;
    const button = document.createElement("button");
    button.className = "btn btn-sm hide-code-button";
    button.type = "button";
    const say = () => {
      const hidden = root.classList.contains("hide-code");
      button.textContent = hidden ? "show code" : "hide code";
    };
    button.addEventListener("click", () => {
      const hidden = root.classList.toggle("hide-code");
      try {
        localStorage.setItem("hide-code", hidden ? "yes" : "");
      } catch { /* a reader without storage chooses on each page */ }
      say();
    });
    say();
    bar.prepend(button);
  }

  /** A picture of the text at its full size, until the next click or Escape. */
  function enlarge() {
    article.addEventListener("click", (event) => {
      const picture = event.target;
      if (picture.tagName !== "IMG" || picture.closest("a, button") || !picture.closest("figure, .cell_output")) return;
      const dialog = document.createElement("dialog");
      dialog.className = "enlarged";
      dialog.setAttribute("aria-label", "Picture, enlarged");
      const copy = new Image();
      Object.assign(copy, { src: picture.src, alt: picture.alt, width: picture.naturalWidth, height: picture.naturalHeight });
      dialog.append(copy);
      dialog.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  /** What a link points to: an equation, a theorem, an entry of the bibliography of this page. */
  function previews() {
    let timer;
    let shown = null;
    const hide = () => {
      clearTimeout(timer);
      if (shown) shown.remove();
      shown = null;
    };
    function show(link) {
      hide();
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!target || !target.closest(".bd-article") || target.matches("section, article, h1, h2, h3")) return;
      const box = target.closest("div.math, .admonition, .proof, figure, li, dd, tr") || target;
      if (box.contains(link) || box.matches(".waiting")) return;
      shown = document.createElement("div");
      shown.className = "preview bd-article";
      shown.setAttribute("aria-hidden", "true");
      const copy = box.cloneNode(true);
      [copy, ...copy.querySelectorAll("[id]")].forEach((part) => part.removeAttribute("id"));
      copy.querySelectorAll("a, button, [tabindex]").forEach((part) => { part.tabIndex = -1; });
      shown.append(copy);
      document.body.append(shown);
      const at = link.getBoundingClientRect();
      const { width, height } = shown.getBoundingClientRect();
      const above = at.bottom + height > innerHeight && at.top > height;
      shown.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 16)) + scrollX}px`;
      shown.style.top = `${(above ? at.top - height - 6 : at.bottom + 6) + scrollY}px`;
    }
    article.querySelectorAll('a[href^="#"]:not(.headerlink)').forEach((link) => {
      const soon = () => {
        clearTimeout(timer);
        timer = setTimeout(show, 250, link);
      };
      link.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") soon(); });
      link.addEventListener("focus", () => { if (link.matches(":focus-visible")) soon(); });
      link.addEventListener("pointerleave", hide);
      link.addEventListener("blur", hide);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  }

  hideCode();
  enlarge();
  previews();
})();
