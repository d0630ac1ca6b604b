// An extension of JupyterLab, without a bundle: in each notebook it puts the book's numbers, names and links where
// jupyterlab-myst has counted from one or found nothing, and the captions under what is drawn. tools/lab.py writes it, after a
// line that defines BOOK.

(() => {
  const text = (value) => ({ type: "text", value });
  const words = (node) => (node.children ?? []).map((child) => child.value ?? words(child)).join("");
  const link = (node, url, name) => {
    const children = node.children?.length && words(node) !== node.url ? node.children : [text(name)];
    Object.assign(node, { type: "link", url, internal: true, children });
  };
  const place = (label) => `${BOOK.labels[label].page}#${label}`;

  // What is done to a node of a kind; `known` is what the book says of its label.
  const REPAIRS = {
    math(node, known) {
      if (known) node.enumerator = known.number;
      else if (!node.identifier) delete node.enumerator; // a formula without a label has no number in the book
    },
    proof(node, known) {
      node.enumerator = known?.number ?? (node.kind === "proof" ? undefined : node.enumerator);
    },
    exercise(node, known) {
      if (known) node.enumerator = known.number;
    },
    solution(node) {
      delete node.gate; // its title begins with "Start of"
    },
    captionNumber(node, known) {
      if (known?.number) node.children = [text(known.text)];
    },
    crossReference(node, known) {
      if (!known) return;
      const made = node.template?.replace("%s", node.enumerator);
      if (!node.resolved) link(node, place(node.identifier), known.text);
      else if (known.number && words(node) === made) node.children = [text(known.text)];
    },
    link(node) {
      const label = node.url.replace(/^#/, "");
      if (BOOK.pages[node.url]) link(node, BOOK.pages[node.url].file, BOOK.pages[node.url].title);
      else if (BOOK.labels[label]) link(node, place(label), BOOK.labels[label].text);
    },
    cite(node) {
      const book = BOOK.citations[node.label];
      if (!book) return;
      node.error = false;
      node.children = [text(book.authors + (node.kind === "narrative" ? ` (${book.year})` : `, ${book.year}`))];
    },
    include(node) {
      const row = (cells, header) => ({
        type: "tableRow",
        children: cells.map((cell) => ({ type: "tableCell", header, children: [text(cell)] })),
      });
      const rows = BOOK.tables[node.file];
      if (rows) Object.assign(node, { type: "table", children: rows.map((cells, i) => row(cells, i === 0)) });
    },
    mystRole(node) {
      if (node.children?.length) return;
      Object.assign(node, { type: "inlineCode", value: node.value.split(".").at(-1) }); // a function of the package
    },
  };

  function repair(node) {
    REPAIRS[node.type]?.(node, BOOK.labels[node.identifier]);
    node.children?.forEach(repair);
  }

  // A solution's first cell is in a box that is shut, up to its end or the cell's. So is here what follows in other cells.
  const folded = new WeakSet(); // every cell's model has the whole article
  function fold(article) {
    if (folded.has(article)) return;
    folded.add(article);
    let inside = false;
    const blocks = article.children.flatMap((cell) => cell.children ?? []);
    for (const block of blocks.filter(({ type }) => type === "block")) {
      const children = [];
      for (const node of block.children) {
        const gate = node.type === "solution" && node.gate;
        if (gate) inside = gate === "start";
        if (gate === "end") continue;
        const box = children.at(-1);
        if (inside && !gate && box?.continued) box.children.push(node);
        else children.push(inside && !gate ? continued(node) : node);
      }
      block.children = children;
    }
  }
  const continued = (node) => ({
    type: "solution",
    class: "dropdown",
    continued: true,
    children: [{ type: "admonitionTitle", children: [text("Solution, continued")] }, node],
  });

  // Every text that jupyterlab-myst shows passes through the model of its widget.
  function watch(widget) {
    if (Object.hasOwn(widget, "model")) return;
    const { get, set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(widget), "model");
    Object.defineProperty(widget, "model", {
      get,
      set(model) {
        if (model?.references) {
          fold(model.references.article);
          model.references.cite.data = BOOK.citations;
        }
        if (model?.mdast) repair(model.mdast);
        set.call(this, model);
      },
    });
  }

  // Under what a cell of code draws stands its caption, as on the site.
  function caption(cell, registry) {
    const { name, caption: words } = cell.model.getMetadata("mystnb")?.figure ?? {};
    if (!words) return;
    const shown = registry.createRenderer("text/markdown");
    shown.id = name;
    Object.assign(shown.node.style, { color: "var(--jp-ui-font-color2)", fontSize: "90%", padding: "4px 12px 12px 72px" });
    const head = BOOK.labels[name] ? `**${BOOK.labels[name].text}** ` : "";
    shown.renderModel({ data: { "text/markdown": head + words }, metadata: {}, trusted: false });
    cell.ready.then(() => cell.layout.addWidget(shown));
  }

  // A link into another notebook leads to what has the label; Lab by itself finds headings only.
  const SETTLED = 30; // frames without a move: what stands above is still being set
  function places(notebook) {
    const { setFragment } = notebook;
    notebook.setFragment = async function setFragmentOrLabel(fragment) {
      const label = decodeURIComponent(fragment.slice(1));
      const cell = BOOK.labels[label] && notebook.widgets.find(({ model }) => bears(model, label));
      if (!cell) return setFragment.call(notebook, fragment);
      await notebook.scrollToItem(notebook.widgets.indexOf(cell), "center"); // what is far away is set when it is near
      let top;
      for (let still = 0; still < SETTLED && !cell.isDisposed; ) {
        const target = cell.node.querySelector(`#${CSS.escape(label)}`);
        const now = target?.getBoundingClientRect().top;
        still = target && now === top ? still + 1 : 0;
        if (!still) (target ?? cell.node).scrollIntoView({ block: "center" });
        top = target?.getBoundingClientRect().top;
        await new Promise(requestAnimationFrame);
      }
    };
  }
  function bears(model, label) {
    const text = model.sharedModel.getSource();
    const drawn = model.getMetadata("mystnb")?.figure?.name === label;
    return drawn || text.includes(`(${label})`) || new RegExp(`^:(label|name): *${label}$`, "m").test(text);
  }

  // Else the first paragraph sticks to the title, and a figure's words are as large as the window is wide.
  const STYLE = `
    .jp-MarkdownCell .myst-fm-block { margin-bottom: 0.8em }
    .jp-CodeCell:has(> .myst) .jp-RenderedImage img { max-width: min(100%, 46rem) }
  `;

  const plugin = (notebook, rendermime) => ({
    id: "sgdsde-book:references",
    autoStart: true,
    requires: [notebook.NotebookPanel.IContentFactory, rendermime.IRenderMimeRegistry], // jupyterlab-myst's, in both
    activate(app, factory, registry) {
      document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
      const create = factory.createMarkdownCell;
      factory.createMarkdownCell = function createMarkdownCell(options) {
        const cell = create.call(this, options);
        watch(Object.getPrototypeOf(cell._mystWidget));
        return cell;
      };
      const createCode = factory.createCodeCell;
      factory.createCodeCell = function createCodeCell(options) {
        const cell = createCode.call(this, options);
        caption(cell, options.rendermime);
        return cell;
      };
      const createBook = factory.createNotebook;
      factory.createNotebook = function createNotebook(options) {
        const made = createBook.call(this, options);
        places(made);
        return made;
      };
      app.restored.then(() => {
        const preview = registry.createRenderer("text/markdown"); // of a page; its class is derived from a cell's
        watch(Object.getPrototypeOf(Object.getPrototypeOf(preview)));
        preview.dispose();
      });
    },
  });

  let scope;
  const shared = async (name) => (await Object.values(scope[name])[0].get())();
  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["sgdsde-book"] = {
    init(all) {
      scope = all;
    },
    async get() {
      const made = plugin(await shared("@jupyterlab/notebook"), await shared("@jupyterlab/rendermime"));
      return () => ({ __esModule: true, default: made });
    },
  };
})();
