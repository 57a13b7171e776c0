// What a page can do beside being read: finding by name, copying an example, keeping its language, and showing
// in the menu where one is. Nothing of it is asked for elsewhere, and each page can be read without it.
(() => {
  "use strict";

  const MOST = 14;
  const LANGUAGE = "language";
  const ORDER = { chapter: 0, page: 0, operation: 1, error: 2, schema: 3 };

  function made(tag, own = {}, ...within) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(own)) element.setAttribute(name, value);
    element.append(...within);
    return element;
  }

  // Finding. The index is a script, which a page may also load where it was opened from a folder.

  const field = made("input", {
    type: "search",
    role: "combobox",
    placeholder: "Search (/)",
    title: "Chapters, operations, schemas and error codes (/)",
    "aria-label": "Find a chapter, an operation, a schema or an error code",
    "aria-autocomplete": "list",
    "aria-controls": "found",
    "aria-expanded": "false",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
  });
  const list = made("ul", { id: "found", role: "listbox", "aria-label": "Found", hidden: "" });
  const said = made("p", { role: "status", hidden: "" });
  let place = -1;
  let loading = null;

  function index(box) {
    const address = new URL(box.dataset.index, location.href);
    loading ??= new Promise((resolve, reject) => {
      const script = made("script", { src: address.href });
      script.onload = () => resolve(entries(address));
      script.onerror = () => {
        loading = null;
        reject(new Error("the index was not loaded"));
      };
      document.head.append(script);
    });
    return loading;
  }

  function entries(root) {
    return globalThis.studioIndex.flatMap(([kind, page, those]) =>
      those.map(([anchor, name, words = ""]) => {
        const told = name || anchor;
        const address = new URL(page, root);
        address.hash = anchor;
        return { kind, told, words, address: address.href, names: [told.toLowerCase(), anchor], rest: `${words} ${kind}`.toLowerCase() };
      }),
    );
  }

  // How far a word is from a thing: 0 is its name, more is further, and what has not got it is nowhere.
  function distance(word, { names, rest }) {
    const begins = (text) => text.split(/[^a-z0-9]+/).some((each) => each.startsWith(word));
    if (names.includes(word)) return 0;
    if (names.some((each) => each.startsWith(word))) return 1;
    if (names.some(begins)) return 2;
    if (names.some((each) => each.includes(word))) return 3;
    if (begins(rest)) return 4;
    return rest.includes(word) ? 5 : Infinity;
  }

  function found(all, asked) {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const whole = words.join(" ");
    return all
      .map((each) => ({
        ...each,
        far: each.names.includes(whole) ? -1 : words.reduce((sum, word) => sum + distance(word, each), 0),
      }))
      .filter((each) => each.far < Infinity)
      .sort((a, b) => a.far - b.far || ORDER[a.kind] - ORDER[b.kind] || a.told.length - b.told.length)
      .slice(0, MOST);
  }

  function show(those) {
    list.replaceChildren(
      ...those.map((each, number) => {
        const link = made("a", { href: each.address, tabindex: "-1" });
        link.append(made("span", { class: "kind" }, each.kind), made("b", {}, each.told), made("span", { class: "quiet" }, each.words));
        return made("li", { id: `found-${number}`, role: "option" }, link);
      }),
    );
    list.hidden = !those.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    choose(those.length ? 0 : -1);
  }

  function choose(next) {
    list.children[place]?.removeAttribute("aria-selected");
    place = next;
    const chosen = list.children[place];
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) field.setAttribute("aria-activedescendant", chosen.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function say(words) {
    said.textContent = words;
    said.hidden = !words;
  }

  function close() {
    show([]);
    say("");
  }

  async function look(box) {
    const asked = field.value;
    try {
      const those = found(await index(box), asked);
      if (asked !== field.value) return;
      show(those);
      say(those.length || !asked.trim() ? "" : "Nothing here is called that.");
    } catch {
      say("What there is to find could not be loaded.");
    }
  }

  function pressed(event) {
    const many = list.children.length;
    if (event.key === "Escape") {
      field.value = "";
      close();
      field.blur();
    } else if (many && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      choose((place + (event.key === "ArrowDown" ? 1 : many - 1)) % many);
    } else if (many && event.key === "Enter") {
      list.children[place].firstChild.click();
    } else return;
    event.preventDefault();
  }

  function finding(box) {
    field.addEventListener("focus", () => index(box).catch(() => {}), { once: true });
    field.addEventListener("input", () => look(box));
    field.addEventListener("keydown", pressed);
    list.addEventListener("click", close);
    document.addEventListener("click", (event) => box.contains(event.target) || close());
    box.addEventListener("focusout", (event) => event.relatedTarget && !box.contains(event.relatedTarget) && close());
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.focus();
      field.select();
    });
    box.append(field, list, said);
    box.hidden = false;
  }

  // Copying.

  async function copied(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Where a page has no clipboard, as under a plain address in a network, what is selected can be copied.
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return document.execCommand("copy");
    }
    return true;
  }

  function copying(box, code) {
    const button = made("button", { type: "button", class: "copy", "aria-live": "polite" }, "Copy");
    button.addEventListener("click", async () => {
      button.textContent = (await copied(code)) ? "Copied" : "Selected";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    box.append(button);
  }

  // The language of examples: the one that was opened last is open everywhere, also on the next page.

  function open(language) {
    for (const group of document.querySelectorAll(".example")) {
      const own = [...group.children].find((each) => each.className === language);
      if (own) for (const each of group.children) each.open = each === own;
    }
  }

  function choosing(summary) {
    const box = summary.parentElement;
    summary.addEventListener("click", (event) => {
      if (box.open) return;
      event.preventDefault();
      const before = summary.getBoundingClientRect().top;
      open(box.className);
      scrollBy(0, summary.getBoundingClientRect().top - before);
      kept(box.className);
    });
  }

  function kept(language) {
    try {
      if (language) localStorage.setItem(LANGUAGE, language);
      return localStorage.getItem(LANGUAGE);
    } catch {
      return null; // A browser may keep nothing of us: each page then begins with the first language.
    }
  }

  finding(document.querySelector(".find"));
  for (const box of document.querySelectorAll(".example > details")) {
    choosing(box.firstElementChild);
    copying(box, box.querySelector("code"));
  }
  const language = kept();
  if (language) {
    open(language);
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }
  const menu = document.getElementById("menu");
  const here = menu.querySelector("[aria-current]");
  if (here) menu.scrollTop += here.getBoundingClientRect().top - menu.getBoundingClientRect().top - menu.clientHeight / 3;
})();
