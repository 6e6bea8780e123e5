
/* The chosen share: unpack its series (report/pack.py) and draw them. */
(() => {
  const source = document.getElementById("share-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const field = document.getElementById("share-pick");
  const facts = document.getElementById("share-facts");
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unpack = (text) => {
    const values = [];
    let value = 0, rest = 0, shift = 0;
    for (const character of text) {
      if (character === ".") { values.push(null); continue; }
      const digit = digits.indexOf(character);
      rest += (digit & 31) * 2 ** shift;
      if (digit & 32) { shift += 5; continue; }
      value += rest % 2 ? -(rest - 1) / 2 : rest / 2;
      values.push(value);
      rest = shift = 0;
    }
    return values;
  };
  const days = unpack(data.days);
  const shown = (value, most = 2) => value === null ? "–"
    : value.toLocaleString("en-IN", { minimumFractionDigits: Math.min(2, most), maximumFractionDigits: most });
  const dated = (number) => new Date(number * 864e5).toLocaleDateString("en-GB",
    { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const series = (share) => {
    const inRupees = (text) => unpack(text).map((value) => value === null ? null : value / share.k);
    const closes = inRupees(share.c), volumes = unpack(share.v), averages = share.a.map(inRupees);
    const events = new Map();
    const told = shareNews ? shareNews.figures(share.s, unpack) : new Map();
    for (const [at, , text] of share.e) events.set(at, (events.has(at) ? events.get(at) + "; " : "") + text);
    let step = 0, factor = share.f.length ? share.f[0][1] : 1;
    return days.map((number, at) => {
      while (step < share.f.length && share.f[step][0] <= at) factor = share.f[step++][1];
      const raw = closes[at], adj = raw === null ? null : raw / factor;
      const [s20, s50, s200] = averages.map((one) => one[at]);
      const v = volumes[at] === null ? null : Math.exp(volumes[at] / data.volume_scale) / 1e5;
      return { d: number * 864e5, raw, adj, s20, s50, s200, v, T: dated(number), R: shown(raw), A: shown(adj),
        S: shown(s20), M: shown(s50), L: shown(s200), E: events.get(at) || "–",
        V: v === null ? "–" : shown(Number(v.toPrecision(4)), v < 10 ? 2 : 0) + " lakh",
        ...(told.get(at) || { m: null, n: 0, w: "mixed", N: "–" }) };
    }).filter((one) => one.raw !== null).map((one, at, rows) => ({ ...one,
      b: (one.d + rows[Math.max(at - 1, 0)].d) / 2, e: (one.d + rows[Math.min(at + 1, rows.length - 1)].d) / 2 }));
  };
  const drawn = (name, values, rows) => {
    const spec = JSON.parse(document.querySelector(`script.chart-spec[data-for="${name}"]`).textContent);
    spec.datasets = { ...spec.datasets, share: rows, events: values.e.map(([at, label, text, big]) =>
      ({ d: days[at] * 864e5, label: big ? label : "", text, big: big ? 1 : 0 })) };
    /* Vega warns of marks that it has no values for. */
    spec.layer = spec.layer.filter((one) => values.e.length || !one.data || one.data.name !== "events");
    return spec;
  };
  const draw = (share) => {
    const rows = series(share), last = rows[rows.length - 1];
    const spec = drawn("chart-share", share, rows);
    /* Beside a price before a split the adjusted one would lie flat: parts, not differences, then. */
    const apart = Math.max(...rows.map((one) => Math.max(one.raw / one.adj, one.adj / one.raw))) > 1.4;
    if (apart) {
      const all = rows.flatMap((one) => [one.raw, one.adj]);
      const values = [];
      for (let power = -2; power < 7; power++) for (const one of [1, 2, 5]) values.push(one * 10 ** power);
      for (const { encoding: { y } } of spec.layer) {
        if (!y || !y.scale) continue;
        delete y.scale.zero;
        Object.assign(y.scale, { type: "log", nice: false });
        y.axis.values = values.filter((one) => one > Math.min(...all) && one < Math.max(...all));
      }
    }
    embed(document.getElementById("chart-share"), spec);
    embed(document.getElementById("chart-share-volume"), drawn("chart-share-volume", share, rows));
    if (shareNews) {
      const told = rows.some((one) => one.n);
      shareNews.place.hidden = !told;
      shareNews.quiet.hidden = told;
      if (told) embed(shareNews.place, drawn("chart-share-news", share, rows));
      shareNews.show(share.s);
    }
    const names = share.o.length ? " (until lately " + share.o.join(", ") + ")" : "";
    facts.replaceChildren();
    const lead = document.createElement("strong");
    lead.textContent = share.s;
    facts.append(lead, ` ${share.n}${names}: ₹ ${last.R} on ${last.T}`
      + `; SMA 20 ${last.S}, SMA 50 ${last.M}, SMA 200 ${last.L}. Here because: ${share.y.join(", ")}.`
      + (apart ? " Logarithmic axis: equal distances are equal changes in percent." : ""));
  };
  const find = (text) => {
    const asked = text.trim().toUpperCase();
    return data.shares.find((one) => one.s === asked || one.o.includes(asked));
  };
  const pick = () => {
    const share = find(field.value);
    field.setAttribute("aria-invalid", String(!share));
    document.getElementById("share-unknown").hidden = Boolean(share);
    if (share) draw(share);
  };
  /* index.html#share=INFY leads to the chart of that share. */
  const follow = () => {
    const [, symbol] = /^#share=(.+)$/.exec(location.hash) || [];
    if (!symbol) return false;
    field.value = decodeURIComponent(symbol);
    document.getElementById("shares").scrollIntoView();
    pick();
    return true;
  };
  field.disabled = false;
  field.addEventListener("change", pick);
  field.addEventListener("focus", () => field.select());
  addEventListener("hashchange", follow);
  for (const symbol of document.querySelectorAll("td .symbol, th .symbol")) {
    if (!find(symbol.textContent)) continue;
    const link = document.createElement("a");
    link.href = "#share=" + encodeURIComponent(symbol.textContent);
    link.className = "symbol";
    link.textContent = symbol.textContent;
    symbol.replaceWith(link);
  }
  if (!follow()) {
    field.value = data.shares[0].s;
    pick();
  }
})();
