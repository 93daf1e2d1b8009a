"use strict";
// The page works without this: it adds completion, recent questions, copying and keys.
(() => {
  const MOST_RECENT = 12;
  const STORE = "qa.recent";
  const box = document.getElementById("q");
  const form = document.querySelector("form.ask");
  const passages = [...document.querySelectorAll(".passages > li")];

  // An address that is shared holds only what was filled in.
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });

  // Authors are completed from the whole index, of which the page holds the most active.
  const names = document.getElementById("authors");
  let pause = 0;
  let latest = 0;
  const complete = async (prefix) => {
    const turn = ++latest;
    const found = await fetch(`/api/authors?limit=50&prefix=${encodeURIComponent(prefix)}`);
    if (!found.ok || turn !== latest) return;
    const options = (await found.json()).authors.map((author) => {
      const option = document.createElement("option");
      option.value = author.name;
      option.textContent = `${author.comments} comments`;
      return option;
    });
    names.replaceChildren(...options);
  };
  for (const field of document.querySelectorAll("[data-complete]")) {
    field.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => complete(field.value).catch(() => {}), 150);
    });
  }

  // Recent questions stay in this browser.
  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(STORE) || "[]");
      return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
    } catch {
      return [];
    }
  };
  const write = (kept) => {
    try {
      localStorage.setItem(STORE, JSON.stringify(kept.slice(0, MOST_RECENT)));
    } catch {
      // Storage is full or forbidden: the page does without.
    }
  };
  const recent = document.getElementById("recent");
  const show = () => {
    const kept = read().filter((one) => one !== location.search);
    recent.hidden = !kept.length || passages.length > 0;
    recent.querySelector("ul").replaceChildren(
      ...kept.map((one) => {
        const asked = new URLSearchParams(one);
        const link = document.createElement("a");
        link.href = `/?${asked}`;
        link.textContent = asked.get("q");
        const item = document.createElement("li");
        const scope = ["author", "since", "before", "source", "thread"].flatMap((name) => asked.getAll(name));
        item.append(link, scope.length ? ` ${scope.join(", ")}` : "");
        return item;
      }),
    );
  };
  if (document.querySelector(".answer")) {
    write([location.search, ...read().filter((one) => one !== location.search)]);
  }
  recent.querySelector("button").addEventListener("click", () => {
    write([]);
    show();
    box.focus();
  });
  show();

  // The link to the answer as Markdown copies it.
  const copy = document.getElementById("copy");
  if (copy) {
    copy.textContent = "Copy as Markdown";
    copy.addEventListener("click", async (event) => {
      if (!navigator.clipboard) return;
      event.preventDefault();
      const answer = await fetch(copy.href);
      await navigator.clipboard.writeText(await answer.text());
      copy.textContent = "Copied";
      document.getElementById("copied").textContent = "Copied as Markdown";
      setTimeout(() => (copy.textContent = "Copy as Markdown"), 2000);
    });
  }

  // Keys: / to the question, arrows from passage to passage, Enter to its thread.
  const keys = document.querySelector(".keys");
  if (keys) keys.hidden = !matchMedia("(hover: hover)").matches;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest("input, select, textarea");
    const here = passages.findIndex((one) => one.contains(document.activeElement));
    if (event.key === "/" && !typing) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "ArrowDown" && (!typing || typing === box) && passages.length) {
      event.preventDefault();
      passages[Math.min(here + 1, passages.length - 1)].focus();
    } else if (event.key === "ArrowUp" && here >= 0) {
      event.preventDefault();
      (here ? passages[here - 1] : box).focus();
    } else if (event.key === "Enter" && here >= 0 && document.activeElement === passages[here]) {
      passages[here].querySelector("a.open").click();
    }
  });
})();
