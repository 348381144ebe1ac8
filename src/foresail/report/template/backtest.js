(function () {
  "use strict";
  const table = document.getElementById("fleet");
  if (!table) { return; }
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const detail = document.getElementById("detail");
  const none = document.getElementById("none");
  const search = document.getElementById("search");
  let picked = "";

  function value(row, at) {
    const cell = row.cells[at];
    return cell.dataset.value === undefined ? cell.textContent.toLowerCase() : Number(cell.dataset.value);
  }

  function sort(head, at) {
    const down = head.getAttribute("aria-sort") !== "descending";
    [...table.tHead.rows[0].cells].forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort((a, b) => {
      const one = value(a, at);
      const other = value(b, at);
      const order = one < other ? -1 : one > other ? 1 : 0;
      return down ? -order : order;
    });
    body.append(...rows);
  }

  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(window.foresail.read(id)), (letter) => letter.charCodeAt(0));
    const whole = new ReadableStream({ start(to) { to.enqueue(bytes); to.close(); } });
    const stream = whole.pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  // Only the series that is looked at is unpacked, put into the page and drawn.
  async function show(at, scroll) {
    picked = at;
    rows.forEach((row) => row.classList.toggle("shown", row.dataset.at === at));
    const { html, figures } = await unpacked("detail-" + at);
    if (picked !== at) { return; } // another one was picked meanwhile
    detail.innerHTML = html; // every name in it was escaped when the page was made
    await window.foresail.show(figures);
    detail.dataset.drawn = at;
    if (scroll) { detail.scrollIntoView({ block: "start" }); }
  }

  [...table.tHead.rows[0].cells].forEach((head, at) => {
    head.querySelector("button").addEventListener("click", () => sort(head, at));
  });
  rows.forEach((row) => {
    row.querySelector("button").addEventListener("click", () => show(row.dataset.at, true));
  });
  search.addEventListener("input", () => {
    const text = search.value.trim().toLowerCase();
    rows.forEach((row) => { row.hidden = !row.dataset.name.toLowerCase().includes(text); });
    none.hidden = rows.some((row) => !row.hidden);
  });
  show("0", false);
})();
