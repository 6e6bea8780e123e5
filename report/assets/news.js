
/* The news of the chosen share (report/news.py). What others wrote goes in as text, never as markup. */
const shareNews = (() => {
  const source = document.getElementById("news-data");
  if (!source) return null;
  const data = JSON.parse(source.textContent);
  const list = document.getElementById("share-news"), place = document.getElementById("chart-share-news");
  const make = (tag, name, text, direction) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (direction) node.dir = direction;
    node.textContent = text;
    return node;
  };
  const side = (tone) => tone === null ? "mixed" : tone >= 0.15 ? "good" : tone <= -0.15 ? "bad" : "mixed";
  const signed = (tone) => (tone < 0 ? "−" : tone > 0 ? "+" : "") + Math.abs(tone).toFixed(2);
  const row = ([item, how, tone, label, copies]) => {
    const [time, title, link, publisher, counts] = data.items[item];
    const words = make(link ? "a" : "span", "words", title, "auto");
    if (link) Object.assign(words, { href: link, target: "_blank", rel: "noopener noreferrer" });
    const about = make("p", "company", time + " · ");
    const feeling = label < 0 ? make("span", "", "tone unknown")
      : make("span", ["down", "down", "flat", "up", "up"][label],
        (label > 2 ? "▲ " : label < 2 ? "▼ " : "") + `${data.labels[label]} ${tone}`);
    if (publisher) about.append(make("bdi", "", publisher, "auto"), " · ");
    about.append(feeling, " · by ", make("bdi", "", how, "auto"));
    if (copies > 1) about.append(` · ${copies} copies`);
    if (counts) about.append(` · ${counts}`);
    const line = document.createElement("li");
    line.append(words, about);
    return line;
  };
  return {
    /* Stories and tone of the sessions that have news, by position. */
    figures(symbol, unpack) {
      const share = data.shares[symbol], found = new Map();
      if (!share) return found;
      const [at, stories, tones] = [share.d, share.n, share.m].map(unpack);
      at.forEach((position, number) => {
        const m = tones[number] === null ? null : tones[number] / 100, n = stories[number];
        found.set(position, { m, n, w: side(m),
          N: `${n} ${n === 1 ? "story" : "stories"}` + (m === null ? "" : `, tone ${signed(m)}`) });
      });
      return found;
    },
    show(symbol) {
      const told = (data.shares[symbol] || { h: [] }).h;
      list.replaceChildren(...told.map(row));
      if (!told.length) list.append(make("li", "note", `No headline of the last sessions names ${symbol}.`));
      list.parentElement.scrollTop = 0;
      list.parentElement.tabIndex = list.parentElement.scrollHeight > list.parentElement.clientHeight ? 0 : -1;
    },
    place,
    quiet: document.getElementById("share-quiet"),
  };
})();
