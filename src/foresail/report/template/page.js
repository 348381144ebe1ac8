(function () {
  "use strict";
  const charts = read("charts");
  const pages = read("pages"); // figures of which one at a time is drawn, in the plot `pages.name`
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const coarse = window.matchMedia("(pointer: coarse)").matches;
  const state = {};
  let chosen = recall();

  function read(id) {
    const element = document.getElementById(id);
    return element && JSON.parse(element.textContent);
  }

  function recall() {
    try { return localStorage.getItem("foresail-theme"); } catch { return null; }
  }

  function remember(theme) {
    try { localStorage.setItem("foresail-theme", theme); } catch { /* a file may have no storage */ }
  }

  function theme() { return chosen || (dark.matches ? "dark" : "light"); }

  function paint(name) {
    root.dataset.theme = name;
    button.textContent = name === "dark" ? "Light" : "Dark";
  }

  // Figures name colours by role ("var:plan"); the page's style says what they are in this theme.
  function coloured(value, style) {
    if (typeof value === "string") {
      return value.startsWith("var:") ? style.getPropertyValue("--" + value.slice(4)).trim() : value;
    }
    if (Array.isArray(value)) { return typeof value[0] === "object" || value.length < 9 ? value.map((v) => coloured(v, style)) : value; }
    if (value && typeof value === "object") {
      const out = {};
      for (const key of Object.keys(value)) {
        out[key] = key === "x" || key === "y" || key === "text" && typeof value[key] !== "string" ? value[key] : coloured(value[key], style);
      }
      return out;
    }
    return value;
  }

  function unit(name) { return charts[name].percent ? ".0%" : ",.4~g"; }

  function traces(name) {
    const narrow = innerWidth < 700;
    const view = (charts[name].views || [])[state[name].view];
    return (view && view.traces || charts[name].traces).map((trace, index) => {
      const { role, kind, rank, quiet, ...rest } = trace;
      const hover = rest.hovertemplate || "%{y:" + unit(name) + "}<extra>" + label(rest.name) + "</extra>";
      const width = rest.line && rest.line.width && narrow && rest.yaxis !== "y2" ? rest.line.width * 0.85 : rest.line && rest.line.width;
      const line = rest.line ? { ...rest.line, width } : undefined;
      return { ...rest, line, hovertemplate: hover, visible: state[name].shown[index] };
    });
  }

  function label(text) { return String(text).replace(/[<>&]/g, ""); }

  function layout(name) {
    const made = structuredClone(charts[name].layout);
    const view = (charts[name].views || [])[state[name].view];
    if (view && view.range) {
      made.xaxis.range = view.range;
      made.yaxis.range = [0, view.top];
    }
    made.dragmode = coarse ? false : "zoom";
    made.font = { ...made.font, family: getComputedStyle(document.body).fontFamily };
    if (innerWidth < 700) {
      made.margin = { l: 40, r: 6, t: 8, b: 42 };
      made.xaxis.nticks = 5;
    }
    return made;
  }

  function draw(name, width) {
    const style = getComputedStyle(root);
    const size = width ? { width, autosize: false } : { autosize: true };
    const config = { displayModeBar: false, responsive: true, showTips: false, scrollZoom: false };
    return Plotly.react("plot-" + name, coloured(traces(name), style), { ...coloured(layout(name), style), ...size }, config);
  }

  function drawAll(width) { return Promise.all(Object.keys(charts).map((name) => draw(name, width))); }

  function pressed(element, on) { element.setAttribute("aria-pressed", String(on)); }

  function legend(name) {
    const box = document.getElementById("legend-" + name);
    box.replaceChildren();
    const entries = charts[name].traces.map((trace, index) => ({ trace, index }));
    entries.sort((a, b) => (a.trace.rank || 0) - (b.trace.rank || 0));
    entries.forEach(({ trace, index }) => {
      if (trace.yaxis === "y2" || trace.quiet) { return; }
      const entry = document.createElement("button");
      const mark = document.createElement("i");
      entry.type = "button";
      mark.className = trace.kind === "dot" ? "mark" : trace.kind || (trace.line && trace.line.dash) || "";
      mark.style.color = mark.style.borderTopColor = "var(--" + trace.role + ")";
      entry.append(mark, trace.name);
      pressed(entry, state[name].shown[index]);
      entry.addEventListener("click", () => {
        state[name].shown[index] = !state[name].shown[index];
        pressed(entry, state[name].shown[index]);
        draw(name);
      });
      box.append(entry);
    });
  }

  function views(name) {
    const box = document.getElementById("views-" + name);
    box.replaceChildren();
    const options = charts[name].views || [];
    if (options.length < 2) { return; }
    options.forEach((view, index) => {
      const entry = document.createElement("button");
      entry.type = "button";
      entry.textContent = view.label;
      pressed(entry, index === state[name].view);
      entry.addEventListener("click", () => {
        state[name].view = index;
        [...box.children].forEach((child, at) => pressed(child, at === index));
        draw(name);
      });
      box.append(entry);
    });
  }

  function repaint(name) { paint(name); drawAll(); }

  button.addEventListener("click", () => {
    chosen = theme() === "dark" ? "light" : "dark";
    remember(chosen);
    repaint(chosen);
  });
  dark.addEventListener("change", () => repaint(theme()));
  addEventListener("beforeprint", () => { paint("light"); drawAll(680); });
  addEventListener("afterprint", () => repaint(theme()));

  function setUp(name) {
    state[name] = { shown: charts[name].traces.map((t) => t.visible !== false), view: charts[name].zoom || 0 };
    legend(name);
    views(name);
  }

  // One plot for many series: a list to pick from, and a search that narrows list and table.
  function turnTo(index) {
    const kept = state[pages.name];
    charts[pages.name] = pages.figures[index];
    setUp(pages.name);
    if (kept && charts[pages.name].views[kept.view]) {
      state[pages.name].view = kept.view;
      views(pages.name);
    }
  }

  function picker() {
    const list = document.getElementById("pick");
    const search = document.getElementById("search");
    const rows = [...document.querySelectorAll("tr[data-name]")];
    const options = [...list.options];
    const none = document.getElementById("none");
    const show = (index) => { list.value = String(index); turnTo(index); return draw(pages.name); };
    list.addEventListener("change", () => show(Number(list.value)));
    search.addEventListener("input", () => {
      const text = search.value.trim().toLowerCase();
      const fits = (name) => name.toLowerCase().includes(text);
      rows.forEach((row) => { row.hidden = !fits(row.dataset.name); });
      none.hidden = rows.some((row) => !row.hidden);
      const found = options.filter((option) => fits(option.text));
      list.replaceChildren(...(found.length ? found : options));
      if (found.length && !found.some((option) => option.selected)) { show(Number(found[0].value)); }
    });
    rows.forEach((row) => row.querySelectorAll("button[data-at]").forEach((entry) => {
      entry.addEventListener("click", () => {
        if (![...list.options].some((option) => option.value === entry.dataset.at)) { list.replaceChildren(...options); }
        show(Number(entry.dataset.at));
        document.getElementById("plot-" + pages.name).scrollIntoView({ block: "center" });
      });
    }));
    turnTo(0);
  }

  // For pages that change what they show: other figures in the place of these.
  window.foresail = {
    show(figures) {
      Object.keys(charts).forEach((name) => { delete charts[name]; });
      Object.assign(charts, figures);
      Object.keys(charts).forEach(setUp);
      return drawAll();
    },
    read,
  };

  paint(theme());
  Object.keys(charts).forEach(setUp);
  if (pages && pages.figures.length) { picker(); }
  drawAll().then(() => { root.dataset.drawn = "yes"; });
})();
