/* How the search ranks and what it shows: chapters before the package's reference, and sentences instead of TeX. Sphinx puts this
   text (`html_search_scorer`) into a script that the search page reads right after its own. */

{
  const SIGNS = {
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ϵ", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", kappa: "κ",
    lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", chi: "χ", psi: "ψ", omega: "ω",
    Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Sigma: "Σ", Phi: "Φ", Psi: "Ψ", Omega: "Ω", partial: "∂", nabla: "∇",
    infty: "∞", sum: "∑", int: "∫", prod: "∏", le: "≤", leq: "≤", ge: "≥", geq: "≥", ne: "≠", neq: "≠", approx: "≈", sim: "∼",
    propto: "∝", pm: "±", to: "→", in: "∈", cdot: "·", times: "×", ll: "≪", gg: "≫", dots: "…", ldots: "…", top: "ᵀ", quad: " ",
    log: "log", ln: "ln", exp: "exp", min: "min", max: "max", det: "det", Pr: "P", sup: "sup", inf: "inf", tanh: "tanh",
  };

  /** A formula as a line of plain text, as well as that can be had. */
  const plain = (tex) =>
    tex
      .replace(/\\[()[\]]|\$/g, "")
      .replace(/\\(?:math\w+|text|mathop|operatorname|boldsymbol|hat|bar|tilde)\s*\{([^{}]*)\}/g, "$1")
      .replace(/\\math\w+\s*/g, "")
      .replace(/\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "$1/$2")
      .replace(/\\[td]?frac\s*(\d)\s*(\d)/g, "$1/$2")
      .replace(/\\sqrt\s*\{([^{}]*)\}/g, "√($1)")
      .replace(/\\[,;:! ]|~/g, " ")
      .replace(/\\([a-zA-Z]+)/g, (_, name) => SIGNS[name] || "")
      .replace(/[{}\\]/g, "")
      .replace(/\^2(?!\d)/g, "²")
      .replace(/_(\w)(?!\w)/g, "$1");

  /** The words of a page, or of one section: no code, no list of contents, no formula that stands on its own line. */
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const article = page.querySelector("article.bd-article");
    const place = (anchor && page.getElementById(decodeURIComponent(anchor.slice(1)))) || article;
    if (!place) return "";
    const left_out = ".headerlink, script, style, table, .chapter-of, div.math, .cell_input, div.highlight, h1, .toctree-wrapper, .sig";
    place.querySelectorAll(left_out).forEach((part) => part.remove());
    place.querySelectorAll(".math").forEach((formula) => { formula.textContent = plain(formula.textContent); });
    return place.textContent.replace(/\s+/g, " ").trim();
  };

  /** Larger is earlier: chapters, then the pages about them, then names of the package; a title that is the query is first. */
  const rank = ([page, title, , description], query) => {
    const kind = description ? 0 : /\/(\d\d|appendix)_/.test(page) ? 2 : 1;
    const heading = title.replace(/<[^>]*>/g, "").split(" > ").pop().replace(/^[\d.]+\s+/, "").toLowerCase();
    return 1e6 * kind + (heading === query ? 2000 : heading.includes(query) ? 1000 : 0);
  };

  const perform = Search._performSearch;
  Search._performSearch = (query, ...terms) => {
    const asked = query.trim().toLowerCase();
    const whole = ([page, title, anchor]) => !anchor && `${page} ${title}`;
    const found = perform(query, ...terms);
    const pages = new Set(found.map(whole));
    return found
      .map((result) => [result[0], plain(result[1]), ...result.slice(2)])
      .filter(([page, title]) => {
        const [above, heading] = title.split(" > ");
        return !(heading && above.endsWith(heading) && pages.has(`${page} ${above}`)); // the page, once more
      })
      .sort((a, b) => rank(a, asked) + a[4] - rank(b, asked) - b[4]); // the last one is shown first
  };
}
