"use strict";
// The map: every comment a point on a canvas, those that answer a question lit.
(() => {
  const SCALE = 65535;
  const REACH = 12; // how near the pointer has to come, in pixels
  const CELLS = 128; // the plane is divided into so many cells a side, to find the nearest point
  const PALETTE = ["#5b8fc4", "#ee6677", "#3fa34d", "#ccbb44", "#66ccee", "#c2528f", "#ee8866", "#44bb99", "#8a6fd1", "#a5813a"];
  const OTHERS = "#9a9da1";

  const board = document.querySelector(".map");
  const canvas = board.querySelector("canvas");
  const tip = board.querySelector(".tip");
  const said = document.getElementById("said");
  const choice = document.getElementById("colour");
  const legend = document.querySelector(".legend");
  const pen = canvas.getContext("2d");
  const night = matchMedia("(prefers-color-scheme: dark)");

  let points = null; // what the server sent
  let lit = new Map(); // number of a point -> rank
  let cells = [];
  let view = { x: 0.5, y: 0.5, zoom: 1 };
  let asked = false;

  let [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const toScreen = (at) => [
    (points.positions[2 * at] / SCALE - view.x) * width * view.zoom + width / 2,
    (points.positions[2 * at + 1] / SCALE - view.y) * height * view.zoom + height / 2,
  ];
  const toPlane = (x, y) => [
    (x - width / 2) / (width * view.zoom) + view.x,
    (y - height / 2) / (height * view.zoom) + view.y,
  ];

  const draw = () => {
    asked = false;
    const ratio = devicePixelRatio || 1;
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!points) return;
    const { names, of } = points.colours[choice.value];
    const dot = Math.min(9, 3.2 * (10000 / points.ids.length) ** 0.25 * Math.sqrt(view.zoom));
    const round = points.ids.length < 5000;
    pen.globalAlpha = lit.size ? (night.matches ? 0.65 : 0.5) : 0.85;
    for (let colour = names.length; colour >= 0; colour--) {
      pen.fillStyle = PALETTE[colour] && colour < names.length ? PALETTE[colour] : OTHERS;
      for (let at = 0; at < of.length; at++) {
        if (of[at] !== colour) continue;
        const [x, y] = toScreen(at);
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        if (!round) pen.fillRect(x - dot / 2, y - dot / 2, dot, dot);
        else {
          pen.beginPath();
          pen.arc(x, y, dot / 2, 0, 2 * Math.PI);
          pen.fill();
        }
      }
    }
    pen.globalAlpha = 1;
    pen.font = "600 12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const [at, rank] of [...lit].reverse()) {
      const [x, y] = toScreen(at);
      pen.beginPath();
      pen.arc(x, y, 11, 0, 2 * Math.PI);
      pen.fillStyle = night.matches ? "#74cdb4" : "#17604f";
      pen.fill();
      pen.fillStyle = night.matches ? "#0e1512" : "#ffffff";
      pen.fillText(rank, x, y + 0.5);
    }
  };
  const redraw = () => {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };

  const arrange = () => {
    cells = Array.from({ length: CELLS * CELLS }, () => []);
    for (let at = 0; at < points.ids.length; at++) cells[cellOf(points.positions[2 * at] / SCALE, points.positions[2 * at + 1] / SCALE)].push(at);
  };
  const line = (value) => Math.max(0, Math.min(CELLS - 1, Math.floor(value * CELLS)));
  const cellOf = (x, y) => line(y) * CELLS + line(x);

  const nearest = (x, y) => {
    if (!points) return -1;
    for (const at of lit.keys()) {
      const [px, py] = toScreen(at);
      if (Math.hypot(px - x, py - y) < REACH) return at;
    }
    const [left, top] = toPlane(x - REACH, y - REACH);
    const [right, bottom] = toPlane(x + REACH, y + REACH);
    let [best, distance] = [-1, REACH];
    for (let row = line(top); row <= line(bottom); row++) {
      for (let column = line(left); column <= line(right); column++) {
        for (const at of cells[row * CELLS + column]) {
          const [px, py] = toScreen(at);
          const away = Math.hypot(px - x, py - y);
          if (away < distance) [best, distance] = [at, away];
        }
      }
    }
    return best;
  };

  const address = (at) => `/comments/${encodeURIComponent(points.ids[at])}#cited`;
  const texts = new Map();
  const read = async (at) => {
    if (!texts.has(at)) {
      const found = await fetch(`/api/comments/${encodeURIComponent(points.ids[at])}`);
      if (!found.ok) return null;
      if (texts.size > 500) texts.clear();
      texts.set(at, await found.json());
    }
    return texts.get(at);
  };
  const harmless = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

  let hovered = -1;
  let wait = 0;
  const point = (x, y) => {
    const at = nearest(x, y);
    canvas.classList.toggle("over", at >= 0);
    if (at === hovered) return;
    hovered = at;
    clearTimeout(wait);
    tip.hidden = true;
    if (at < 0) return;
    wait = setTimeout(async () => {
      const comment = await read(at).catch(() => null);
      if (!comment || at !== hovered) return;
      const who = document.createElement("strong");
      who.textContent = harmless(comment.author || "no author");
      const when = comment.created_at ? ` ${comment.created_at.slice(0, 10)}` : "";
      const text = harmless(comment.text);
      tip.replaceChildren(who, when, document.createElement("br"), text.length > 280 ? `${text.slice(0, 280)}…` : text);
      const [px, py] = toScreen(at);
      tip.hidden = false;
      tip.style.left = `${Math.max(0, Math.min(px + 14, board.clientWidth - tip.offsetWidth))}px`;
      tip.style.top = `${py + 16 + tip.offsetHeight > board.clientHeight ? Math.max(0, py - tip.offsetHeight - 12) : py + 16}px`;
    }, 60);
  };

  // Fingers and mice: one moves, two come nearer.
  const held = new Map();
  let moved = 0;
  const nearer = (factor, x, y) => {
    const [px, py] = toPlane(x, y);
    view.zoom = Math.max(0.8, Math.min(60, view.zoom * factor));
    view.x = px - (x - width / 2) / (width * view.zoom);
    view.y = py - (y - height / 2) / (height * view.zoom);
    hovered = -1;
    tip.hidden = true;
    redraw();
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    nearer(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    canvas.setPointerCapture(event.pointerId);
    moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return point(event.offsetX, event.offsetY);
    const [dx, dy] = [event.offsetX - before[0], event.offsetY - before[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    if (held.size === 1) {
      view.x -= dx / (width * view.zoom);
      view.y -= dy / (height * view.zoom);
      redraw();
    } else {
      const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, where]) => where);
      const apart = (where) => Math.hypot(where[0] - other[0], where[1] - other[1]) || 1;
      nearer(apart([event.offsetX, event.offsetY]) / apart(before), ...other);
    }
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
  });
  const release = (event) => {
    const one = held.size === 1 && held.has(event.pointerId);
    held.delete(event.pointerId);
    if (event.type !== "pointerup" || !one || moved > 6) return;
    const at = nearest(event.offsetX, event.offsetY);
    if (at >= 0) location.href = address(at);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => {
    hovered = -1;
    tip.hidden = true;
  });

  const explain = () => {
    const { names, of } = points.colours[choice.value];
    const shown = of.some((one) => one === names.length) ? [...names, "others"] : names;
    legend.replaceChildren(...shown.map((name, at) => {
      const item = document.createElement("li");
      const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      swatch.setAttribute("viewBox", "0 0 10 10");
      swatch.setAttribute("aria-hidden", "true");
      const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      square.setAttribute("width", "10");
      square.setAttribute("height", "10");
      square.setAttribute("fill", at < names.length ? PALETTE[at] : OTHERS);
      swatch.append(square);
      item.append(swatch, harmless(name));
      return item;
    }));
  };
  choice.addEventListener("change", () => {
    explain();
    redraw();
  });
  new ResizeObserver(redraw).observe(canvas);
  night.addEventListener("change", redraw);

  const light = async () => {
    if (!board.dataset.ask) return;
    const answer = await (await fetch(board.dataset.ask)).json();
    const numbers = new Map(points.ids.map((id, at) => [id, at]));
    lit = new Map(answer.hits.filter((hit) => numbers.has(hit.comment_id)).map((hit) => [numbers.get(hit.comment_id), hit.rank]));
    document.querySelector(".lit").replaceChildren(...answer.hits.map((hit) => {
      const link = document.createElement("a");
      link.href = `/comments/${encodeURIComponent(hit.comment_id)}#cited`;
      link.textContent = harmless(hit.author || "no author");
      const item = document.createElement("li");
      item.value = hit.rank;
      const [start, end] = hit.highlights[0] || [0, hit.text.length];
      item.append(link, ` ${harmless([...hit.text].slice(start, end).join("")).slice(0, 200)}`);
      return item;
    }));
    if (answer.abstained) said.textContent += " No good answer; the nearest are lit.";
  };
  const load = async () => {
    const found = await fetch("/map/points");
    if (found.status === 503) {
      setTimeout(load, 1000 * Number(found.headers.get("Retry-After") || 2));
      return;
    }
    if (!found.ok) {
      said.textContent = (await found.json().catch(() => ({}))).error || "The map cannot be drawn.";
      return;
    }
    points = await found.json();
    const count = points.ids.length.toLocaleString("en");
    said.textContent = points.ids.length < points.total ? `${count} of ${points.total.toLocaleString("en")} comments` : `${count} comments`;
    board.dataset.drawn = count;
    arrange();
    explain();
    await light();
    redraw();
  };
  load().catch(() => (said.textContent = "The server does not answer."));
})();
