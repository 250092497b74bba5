"use strict";
// The page works without this; with it, it filters and selects. The state is the fragment:
// #q=WORDS filters, #p-3 selects a profile, anything else shows all.
(() => {
  const byId = (id) => document.getElementById(id);
  const [search, field, count] = [byId("search"), byId("q"), byId("count")];
  const nodes = [...document.querySelectorAll("#graph a.node")];
  const cards = [...document.querySelectorAll("#findings .card")];
  const items = [...document.querySelectorAll("#graph li")];
  const profiles = cards.filter((card) => card.dataset.health);
  const nodeOf = new Map(nodes.map((node) => [node.hash.slice(1), node]));
  const texts = new Map(
    cards.map((card) => [card, `${card.textContent} is:${card.dataset.health}`.toLowerCase()])
  );
  const loud = cards.some((card) => !card.classList.contains("quiet"));

  const above = (node) => {
    const chain = [];
    for (let li = node.closest("li"); li; li = li.parentElement.closest("li")) chain.push(li);
    return chain;
  };

  // The tree keeps what matches and its ancestors.
  const prune = (matching) => {
    const kept = new Set();
    for (const node of nodes) {
      const hit = matching.has(node.hash.slice(1));
      node.classList.toggle("through", !hit);
      if (hit) for (const li of above(node)) kept.add(li);
    }
    for (const li of items) li.hidden = !kept.has(li);
  };

  const show = (query, chosen) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = new Set(cards.filter((c) => words.every((w) => texts.get(c).includes(w))));
    const brief = !words.length && loud;
    let seen = 0;
    for (const card of cards) {
      const on = chosen ? card === chosen : hits.has(card) && !(brief && card.classList.contains("quiet"));
      card.hidden = !on;
      seen += on;
    }
    prune(new Set([...hits].map((card) => card.id)));
    const found = profiles.filter((card) => hits.has(card)).length;
    count.textContent = words.length ? `${found} of ${profiles.length} profiles` : "";
    byId("back").hidden = !chosen;
    byId("rest").hidden = Boolean(chosen) || !brief || !byId("rest").textContent;
    byId("none").hidden = seen > 0 || !words.length;
  };

  const mark = (chosen) => {
    for (const li of items) li.classList.remove("path");
    for (const node of nodes) node.removeAttribute("aria-current");
    const node = chosen && nodeOf.get(chosen.id);
    if (!node) return;
    node.setAttribute("aria-current", "true");
    for (const li of above(node)) li.classList.add("path");
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const query = () => {
    const [, text] = /^#q=(.*)$/.exec(location.hash) || [];
    try {
      return text === undefined ? undefined : decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  const follow = () => {
    const chosen = cards.find((card) => card.id === location.hash.slice(1));
    const text = query() ?? (chosen ? field.value : "");
    if (field.value !== text) field.value = text;
    const state = text ? `#q=${encodeURIComponent(text)}` : "#all";
    show(text, chosen);
    mark(chosen);
    if (chosen) chosen.scrollIntoView({ block: "nearest" });
    byId("back").firstElementChild.hash = state;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === state) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  // navigator.clipboard is missing where the page is not from a trustworthy origin.
  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
  };

  for (const code of document.querySelectorAll(".fixes code, .sum code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy";
    button.setAttribute("aria-label", `Copy ${code.textContent}`);
    button.addEventListener("click", async () => {
      await copy(code);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    code.after(" ", button);
  }

  const go = (text) => {
    history.replaceState(null, "", text ? `#q=${encodeURIComponent(text)}` : "#all");
    follow();
  };

  field.addEventListener("input", () => go(field.value));
  search.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      go("");
    } else if (event.key === "/" && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    }
  });
  addEventListener("hashchange", follow);
  search.hidden = false;
  follow();
})();
