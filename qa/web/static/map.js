"use strict";
// The map: every comment a point on a canvas, those that answer a question lit.
(() => {
  const SCALE = 65535;
  const REACH = 12; // how near the pointer has to come, in pixels
  const RADIUS = 11; // of the mark of a lit point
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
  let layers = []; // [colour, the numbers of its points], the first drawn first
  let marks = []; // where the ranks of lit points are drawn
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
    const dot = Math.min(9, 3.2 * (10000 / points.ids.length) ** 0.25 * Math.sqrt(view.zoom));
    const round = points.ids.length < 5000;
    pen.globalAlpha = lit.size ? (night.matches ? 0.65 : 0.5) : 0.85;
    // As toScreen has it, written out: fifty thousand times for each picture.
    const [right, down] = [(width * view.zoom) / SCALE, (height * view.zoom) / SCALE];
    const [left, top] = [width / 2 - view.x * width * view.zoom, height / 2 - view.y * height * view.zoom];
    const { positions } = points;
    for (const [colour, numbers] of layers) {
      pen.fillStyle = colour;
      for (const at of numbers) {
        const x = positions[2 * at] * right + left;
        const y = positions[2 * at + 1] * down + top;
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        if (!round) pen.fillRect(x - dot / 2, y - dot / 2, dot, dot);
        else disc(x, y, dot / 2);
      }
    }
    pen.globalAlpha = 1;
    drawMarks();
  };
  const disc = (x, y, radius) => {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  };

  // The ranks of lit points, beside each other where the points are nearer than that.
  const drawMarks = () => {
    marks = apart([...lit].map(([at, rank]) => ({ at, rank, point: toScreen(at), place: toScreen(at) })));
    const [paper, ink, accent] = night.matches ? ["#1e2125", "#0e1512", "#74cdb4"] : ["#ffffff", "#ffffff", "#17604f"];
    pen.font = "600 12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.strokeStyle = accent;
    pen.lineWidth = 1.5;
    for (const { point, place } of marks) {
      pen.fillStyle = accent;
      disc(...point, 3);
      pen.beginPath();
      pen.moveTo(...point);
      pen.lineTo(...place);
      pen.stroke();
    }
    for (const { rank, place } of [...marks].reverse()) {
      pen.fillStyle = paper;
      disc(...place, RADIUS + 1.5);
      pen.fillStyle = accent;
      disc(...place, RADIUS);
      pen.fillStyle = ink;
      pen.fillText(rank, place[0], place[1] + 0.5);
    }
  };
  const apart = (found) => {
    for (let round = 0, moved = true; moved && round < 60; round++) {
      moved = false;
      for (let one = 0; one < found.length; one++) {
        for (let other = 0; other < one; other++) {
          const [a, b] = [found[one].place, found[other].place];
          const gap = Math.hypot(a[0] - b[0], a[1] - b[1]);
          if (gap >= 2 * RADIUS) continue;
          // Two in one place part in a direction of their own.
          const angle = gap > 0.01 ? Math.atan2(a[1] - b[1], a[0] - b[0]) : one;
          const push = (2 * RADIUS - gap) / 2 + 0.5;
          a[0] += push * Math.cos(angle);
          a[1] += push * Math.sin(angle);
          b[0] -= push * Math.cos(angle);
          b[1] -= push * Math.sin(angle);
          moved = true;
        }
      }
    }
    return found;
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
    const away = ([px, py]) => Math.hypot(px - x, py - y);
    const [mark] = marks.map(({ at, point, place }) => [Math.min(away(point), away(place)), at]).sort((a, b) => a[0] - b[0]);
    if (mark && mark[0] < REACH) return mark[1];
    const [left, top] = toPlane(x - REACH, y - REACH);
    const [right, bottom] = toPlane(x + REACH, y + REACH);
    let [best, distance] = [-1, REACH];
    for (let row = line(top); row <= line(bottom); row++) {
      for (let column = line(left); column <= line(right); column++) {
        for (const at of cells[row * CELLS + column]) {
          const gap = away(toScreen(at));
          if (gap < distance) [best, distance] = [at, gap];
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
  // What the server makes visible on its pages (qa/render/safe.py): what hides, or turns the order of the others.
  const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\u180e\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;
  const harmless = (text) => text.replace(UNSAFE, "\ufffd");

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
      const distance = (where) => Math.hypot(where[0] - other[0], where[1] - other[1]) || 1;
      nearer(distance([event.offsetX, event.offsetY]) / distance(before), ...other);
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

  const paint = () => {
    const { names, of } = points.colours[choice.value];
    const colours = [...PALETTE.slice(0, names.length), OTHERS];
    layers = colours.map((colour) => [colour, []]);
    of.forEach((number, at) => layers[number][1].push(at));
    const shown = layers[names.length][1].length ? [...names, "others"] : names;
    explain(shown.map((name, at) => [name, colours[at]]));
    layers.reverse(); // the most frequent on top
  };
  const explain = (shown) => {
    legend.replaceChildren(...shown.map(([name, colour]) => {
      const item = document.createElement("li");
      const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      swatch.setAttribute("viewBox", "0 0 10 10");
      swatch.setAttribute("aria-hidden", "true");
      const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      square.setAttribute("width", "10");
      square.setAttribute("height", "10");
      square.setAttribute("fill", colour);
      swatch.append(square);
      item.append(swatch, harmless(name));
      return item;
    }));
  };
  choice.addEventListener("change", () => {
    paint();
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
    paint();
    await light();
    redraw();
  };
  load().catch(() => (said.textContent = "The server does not answer."));
})();
