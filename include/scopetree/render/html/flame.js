R"js(
// The flame graph: boxes on a canvas, callers above, as wide as their time. Left-heavy boxes are
// calls added up; in the order of time they are stretches of the recorded timeline.

const boxHeight = 20;

const flame = {
  boxes: null, // columns: node, left, right, level
  box: -1, // the one under the keyboard's cursor
  window: [0, 1], // what is shown of the horizontal axis

  leftHeavy({tree, sums}) {
    const {size, first, depth} = tree, {list, total} = sums;
    const left = new Float64Array(size), right = new Float64Array(size);
    right[0] = total[0];
    for (let i = 0; i < size; ++i) {
      let at = left[i];
      for (let c = first[i]; c < first[i + 1]; ++c) {
        left[list[c]] = at;
        right[list[c]] = at += total[list[c]];
      }
    }
    return {node: Int32Array.from(left.keys()), left, right, level: depth, count: size};
  },

  // Neighbouring runs share the boxes of the frames that they share. Threads stand below each other.
  inTime({tree, range}) {
    const node = [], left = [], right = [], level = [];
    const {parent, depth} = tree;
    let top = 0;
    tree.threads.forEach((thread, t) => {
      const {timeline} = thread, map = tree.maps[t], base = depth[map[0]];
      const open = [];
      let bottom = top;
      timeline.node.forEach((place, i) => {
        const from = Math.max(timeline.start[i], range ? range[0] : 0);
        const to = Math.min(timeline.start[i] + timeline.duration[i], range ? range[1] : Infinity);
        if (from >= to)
          return;
        const added = [];
        const isOpen = at => {
          const box = open[depth[at] - base];
          return box !== undefined && node[box] === at && right[box] === from;
        };
        let at = map[place];
        for (; at >= 0 && depth[at] >= base && !isOpen(at); at = parent[at])
          added.push(at);
        open.length = at >= 0 && depth[at] >= base ? depth[at] - base + 1 : 0;
        for (const box of open)
          right[box] = to;
        for (const next of added.reverse()) {
          open.push(node.length);
          node.push(next);
          left.push(from);
          right.push(to);
          level.push(top + depth[next] - base);
          bottom = Math.max(bottom, top + depth[next] - base);
        }
      });
      top = bottom + 2;
    });
    return {node: Int32Array.from(node), left: Float64Array.from(left), right: Float64Array.from(right),
            level: Int32Array.from(level), count: node.length};
  },

  layOut() {
    const ordered = state.order === "time" && hasTimeline;
    this.boxes = ordered ? this.inTime(now) : this.leftHeavy(now);
    const {boxes} = this;
    let deepest = 0, low = Infinity, high = 0;
    for (let i = 0; i < boxes.count; ++i) {
      if (boxes.right[i] > boxes.left[i])
        deepest = Math.max(deepest, boxes.level[i]);
      low = Math.min(low, boxes.left[i]);
      high = Math.max(high, boxes.right[i]);
    }
    this.whole = [ordered ? low : 0, high];
    const zoomed = state.zoom > 0 ? boxes.node.indexOf(state.zoom) : -1;
    this.window = zoomed < 0 ? this.whole : [boxes.left[zoomed], boxes.right[zoomed]];
    find("flame-space").style.height = (deepest + 2) * boxHeight + "px";
    this.box = boxes.node.indexOf(state.node);
  },

  render() {
    const note = find("flame-note");
    note.hidden = state.order !== "time" || hasTimeline;
    this.layOut();
    this.drawPath();
    this.draw();
  },

  draw() {
    const canvas = find("flame-canvas"), pane = find("flame-pane");
    const width = pane.clientWidth, height = pane.clientHeight;
    const {context, color} = prepare(canvas, width, height);
    const {boxes} = this, [from, to] = this.window, scale = width / (to - from || 1);
    const {tree: {frame}, matches} = now;
    const firstLevel = Math.floor(pane.scrollTop / boxHeight);
    const lastLevel = Math.ceil((pane.scrollTop + height) / boxHeight);
    context.textBaseline = "middle";
    for (let i = 0; i < boxes.count; ++i) {
      const level = boxes.level[i];
      if (level < firstLevel || level > lastLevel || boxes.right[i] <= from || boxes.left[i] >= to)
        continue;
      const x = Math.max(0, (boxes.left[i] - from) * scale);
      const wide = Math.min(width, (boxes.right[i] - from) * scale) - x;
      if (wide < 0.4)
        continue;
      const f = frames[frame[boxes.node[i]]], y = level * boxHeight - pane.scrollTop;
      const kind = f.root ? "root" : f.scope ? "scope" : f.hidden ? "library" : "own";
      const shade = matches && !matches[frame[boxes.node[i]]] ? 0.25 : 1;
      context.globalAlpha = shade * (level % 2 ? 0.85 : 1);
      context.fillStyle = color(kind);
      context.fillRect(x, y, Math.max(wide - 0.7, 0.4), boxHeight - 1);
      if (wide > 28) {
        context.globalAlpha = shade;
        context.fillStyle = color(kind + "-text");
        context.fillText(this.fit(context, (f.scope ? "▸ " : "") + f.name, wide - 8), x + 4, y + boxHeight / 2);
      }
      if (i === this.box) {
        context.globalAlpha = 1;
        context.strokeStyle = color("ink");
        context.lineWidth = 2;
        context.strokeRect(x + 1, y + 1, Math.max(wide - 2.7, 1), boxHeight - 3);
      }
    }
    context.globalAlpha = 1;
  },

  fit(context, text, width) {
    const letters = Math.floor(width / (this.letter || (this.letter = context.measureText("m").width)));
    return text.length <= letters ? text : letters < 3 ? "" : text.slice(0, letters - 1) + "…";
  },

  at(event) {
    const pane = find("flame-pane"), area = pane.getBoundingClientRect();
    const level = Math.floor((event.clientY - area.top + pane.scrollTop) / boxHeight);
    const [from, to] = this.window;
    const x = from + (event.clientX - area.left) / pane.clientWidth * (to - from);
    const {boxes} = this;
    for (let i = 0; i < boxes.count; ++i)
      if (boxes.level[i] === level && boxes.left[i] <= x && x < boxes.right[i])
        return i;
    return -1;
  },

  choose(box) {
    this.box = box;
    const node = this.boxes.node[box], pane = find("flame-pane");
    const y = this.boxes.level[box] * boxHeight;
    if (y < pane.scrollTop)
      pane.scrollTop = y;
    else if (y + boxHeight > pane.scrollTop + pane.clientHeight)
      pane.scrollTop = y + boxHeight - pane.clientHeight;
    say("flame-status", this.describe(box));
    change({node}, {quietly: true});
    this.draw();
  },

  zoom(node) {
    change({zoom: Math.max(0, node)}, {push: true});
  },

  describe(box) {
    const {left, right, node} = this.boxes, time = right[box] - left[box];
    return describe(frames[now.tree.frame[node[box]]]) + "\n" + seconds(time) + " s, " +
      percent(now.sums.total[node[box]], now.sums.all) + " of all";
  },

  // The widest box one level up or down, or the next one beside it.
  neighbour(key) {
    const {boxes: {left, right, level, count}, box} = this;
    const step = {ArrowUp: -1, ArrowDown: 1}[key] || 0;
    let best = -1, least = Infinity;
    for (let i = 0; i < count; ++i) {
      if (level[i] - level[box] !== step || i === box || right[i] <= left[i])
        continue;
      const distance = step ? (left[i] < right[box] && left[box] < right[i] ? left[i] - right[i] : Infinity)
        : key === "ArrowLeft" ? left[box] - left[i] : left[i] - left[box];
      if (distance < least && (step || distance > 0)) {
        best = i;
        least = distance;
      }
    }
    return best;
  },

  key(event) {
    if (event.key.startsWith("Arrow")) {
      const next = this.box < 0 ? 0 : this.neighbour(event.key);
      if (next >= 0 && this.boxes.count)
        this.choose(next);
    } else if (event.key === "Enter" && this.box >= 0) {
      this.zoom(this.boxes.node[this.box]);
    } else if (event.key === "Escape") {
      this.zoom(0);
    } else if (event.key === "Backspace") {
      this.zoom(state.zoom > 0 ? now.tree.parent[state.zoom] : 0);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  },

  // The breadcrumb: from the root to what is zoomed to; in the middle of a long one some are left out.
  drawPath() {
    const path = pathTo(now.tree, state.zoom);
    const shown = path.length > 8 ? [path[0], -1, ...path.slice(-6)] : path;
    find("flame-path").replaceChildren(...shown.map((node, i) => make("li", null, node < 0 ? "…" : make("button", {
      "aria-current": i === shown.length - 1 ? "location" : undefined,
      title: describe(frames[now.tree.frame[node]]), click: () => this.zoom(node),
    }, frames[now.tree.frame[node]].name))));
  },

  start() {
    const canvas = find("flame-canvas"), pane = find("flame-pane");
    on(pane, "scroll", () => this.draw());
    new ResizeObserver(() => state.view === "flame" && this.boxes && this.draw()).observe(pane);
    on(canvas, "keydown", event => this.key(event));
    on(canvas, "click", event => {
      const box = this.at(event);
      if (box >= 0)
        this.choose(box);
    });
    on(canvas, "dblclick", event => {
      const box = this.at(event);
      this.zoom(box < 0 ? 0 : this.boxes.node[box]);
    });
    on(canvas, "mousemove", event => {
      const box = this.at(event);
      canvas.title = box < 0 ? "" : this.describe(box);
    });
  },
};

// A canvas as sharp as the screen, and the page's colours by name.
const probe = document.createElement("span");
function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  document.body.append(probe);
  probe.hidden = true;
  context.font = getComputedStyle(find("flame-path")).font;
  const known = new Map();
  const color = name => {
    if (!known.has(name)) {
      probe.style.color = "var(--" + name + ")";
      known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
  };
  return {context, color};
}
)js"
