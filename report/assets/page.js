"use strict";
/* Everything here is a convenience: the tables are complete without it. */

/* Theme: the system's, or the reader's choice, remembered where the browser allows it. */
(() => {
  const button = document.getElementById("theme");
  const order = ["system", "light", "dark"];
  const recall = () => {
    try { return localStorage.getItem("investiq-theme") || "system"; } catch { return "system"; }
  };
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = "Theme: " + theme;
  };
  let theme = order.includes(recall()) ? recall() : "system";
  button.hidden = false;
  apply(theme);
  button.addEventListener("click", () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    apply(theme);
    try { localStorage.setItem("investiq-theme", theme); } catch { /* a private window: not kept */ }
  });
})();

/* Long lists: ten rows, and a button for the rest. */
for (const table of document.querySelectorAll("table.top-ten")) {
  const rows = table.tBodies[0].rows.length;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "more";
  const set = (folded) => {
    table.classList.toggle("folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = folded ? "Show all " + rows : "Show ten";
  };
  button.addEventListener("click", () => set(!table.classList.contains("folded")));
  table.parentElement.after(button);
  set(true);
}

/* Column heads that sort, by keyboard as well. Unknown values stay at the end. */
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.classList.contains("plain")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const textual = head.classList.contains("name");
      const key = (row) => textual ? row.cells[column].textContent.trim()
        : parseFloat(row.cells[column].dataset.value);
      const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
      rows.sort(([a], [b]) => {
        if (textual) return (down ? -1 : 1) * b.localeCompare(a);
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
        return down ? b - a : a - b;
      });
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}

/* What scrolls sideways can be scrolled by keyboard; what does not is no stop on the way. */
const reachable = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("resize", reachable);
document.addEventListener("toggle", reachable, true);
reachable();

/* Charts. The expression interpreter (ast) needs no eval, so the page's policy can forbid it. */
const embed = (place, spec) => {
  const config = JSON.parse(document.getElementById("chart-config").textContent);
  const controls = document.getElementById(place.id + "-controls");
  const options = { config, actions: false, renderer: "svg", ast: true, defaultStyle: false,
    tooltip: { disableDefaultStyle: true } };
  if (controls) options.bind = controls;
  vegaEmbed(place, spec, options).catch((error) => {
    place.textContent = "This chart could not be drawn (" + error.message + "); the tables hold its numbers.";
    console.error(error);
  });
};
for (const script of document.querySelectorAll("script.chart-spec:not([data-empty])")) {
  embed(document.getElementById(script.dataset.for), JSON.parse(script.textContent));
}
