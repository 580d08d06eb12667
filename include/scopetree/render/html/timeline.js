R"js(
// The threads over time: high where a thread ran, low where it waited, and the scope it was in. A range
// chosen here, with the mouse, the arrow keys or the two sliders, filters all views.

const laneHeight = 60;
const laneLabel = 130;
const scaleHeight = 24;

const timeline = {
  cursor: 0,
  anchor: null,
  lanes: threads.filter(thread => thread.timeline.node.length > 0),

  render() {
    find("timeline-empty").hidden = hasTimeline;
    find("timeline-full").hidden = !hasTimeline;
    if (!hasTimeline)
      return;
    const [from, to] = now.range || [0, data.duration];
    for (const [id, value] of [["range-from", from], ["range-to", to]]) {
      Object.assign(find(id), {max: data.duration, step: Math.max(1, data.duration / 1000), value});
      find(id).setAttribute("aria-valuetext", seconds(value) + " seconds");
    }
    say("range-text", now.range
      ? "All views show " + seconds(from) + " s to " + seconds(to) + " s only: " + seconds(to - from) + " s."
      : "Drag over the lanes to choose a range: all views then show that range only.");
    this.draw();
  },

  // Of every node the frame of the innermost scope around it, or -1.
  scopesOf(thread) {
    const {frame, parent} = thread.nodes, scopes = new Int32Array(frame.length).fill(-1);
    for (let i = 1; i < frame.length; ++i)
      scopes[i] = frames[frame[i]].scope ? frame[i] : scopes[parent[i]];
    return scopes;
  },

  // For every column of pixels how much of it the thread ran, in its own code and in libraries.
  columnsOf({timeline: {node, start, duration}, nodes: {wall, cpu, frame}}, width) {
    const scale = width / data.duration;
    const own = new Float64Array(width), library = new Float64Array(width), known = new Float64Array(width);
    for (let i = 0; i < node.length; ++i) {
      const place = node[i], from = start[i] * scale, to = (start[i] + duration[i]) * scale;
      const share = wall[place] > 0 ? Math.min(1, cpu[place] / wall[place]) : 0;
      const column = place > 0 && frames[frame[place]].hidden ? library : own;
      for (let x = Math.floor(from); x < Math.min(width, to); ++x) {
        const part = Math.min(x + 1, to) - Math.max(x, from);
        known[x] += part;
        column[x] += part * share;
      }
    }
    return {own, library, known};
  },

  draw() {
    const canvas = find("timeline-canvas"), width = find("timeline-pane").clientWidth;
    const bottom = scaleHeight + this.lanes.length * laneHeight;
    const {context, color} = prepare(canvas, width, bottom);
    const area = Math.max(1, Math.floor(width - laneLabel - 12));
    const at = time => laneLabel + time / data.duration * area;
    const fill = (name, x, y, wide, high) => {
      context.fillStyle = color(name);
      context.fillRect(x, y, wide, high);
    };
    context.textBaseline = "middle";
    this.drawScale(context, fill, color, at, bottom);
    this.lanes.forEach((thread, lane) => {
      const top = scaleHeight + lane * laneHeight, high = laneHeight - 24;
      context.fillStyle = color("ink");
      context.fillText(flame.fit(context, thread.name, laneLabel - 12), 4, top + high / 2);
      const {own, library, known} = this.columnsOf(thread, area);
      for (let x = 0; x < area; ++x) {
        if (known[x] <= 0)
          continue;
        const tall = own[x] / known[x] * high, more = library[x] / known[x] * high;
        fill("waiting", laneLabel + x, top + high - 3, 1, 3);
        fill("busy", laneLabel + x, top + high - tall - more, 1, more);
        fill("own", laneLabel + x, top + high - tall, 1, tall);
      }
      this.drawScopes(thread, context, fill, color, at, top + high + 1);
      fill("line", 0, top + laneHeight - 4, width, 1);
    });
    if (now.range) {
      const [from, to] = now.range.map(at);
      fill("veil", laneLabel, 20, from - laneLabel, bottom);
      fill("veil", to, 20, laneLabel + area - to, bottom);
      fill("ink", from - 1, 20, 2, bottom);
      fill("ink", to - 1, 20, 2, bottom);
    }
    if (document.activeElement === canvas)
      fill("ink", at(this.cursor), 14, 1, bottom);
  },

  // Stretches in one scope as a strip with its name; what is thinner than a pixel joins its neighbour.
  drawScopes(thread, context, fill, color, at, y) {
    const {node, start, duration} = thread.timeline, scopes = this.scopesOf(thread);
    for (let i = 0, next; i < node.length; i = next) {
      const scope = scopes[node[i]], from = at(start[i]);
      for (next = i + 1; next < node.length; ++next)
        if (scopes[node[next]] !== scope && at(start[next]) - from >= 1)
          break;
      const wide = at(start[next - 1] + duration[next - 1]) - from;
      if (scope < 0)
        continue;
      fill("scope", from, y, Math.max(1, wide - 0.7), 14);
      context.fillStyle = color("scope-text");
      if (wide > 28)
        context.fillText(flame.fit(context, frames[scope].name, wide - 6), from + 3, y + 7.5);
    }
  },

  drawScale(context, fill, color, at, bottom) {
    const rough = data.duration / Math.max(1, (at(data.duration) - laneLabel) / 110) || 1;
    const power = Math.pow(10, Math.floor(Math.log10(Math.max(1, rough))));
    const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough);
    for (let time = 0; time <= data.duration; time += step) {
      fill("line", at(time), 20, 1, bottom);
      context.fillStyle = color("ink");
      if (time + step / 2 < data.duration)
        context.fillText(time ? duration(time) : "0", at(time) + 3, 10);
    }
  },

  timeAt(event) {
    const area = find("timeline-canvas").getBoundingClientRect();
    const share = (event.clientX - area.left - laneLabel) / (area.width - laneLabel - 12);
    return Math.max(0, Math.min(1, share)) * data.duration;
  },

  select(...ends) {
    const [from, to] = ends.map(end => Math.round(end)).sort((a, b) => a - b);
    change(to > from && to - from < data.duration ? {from, to} : {from: null, to: null});
  },

  // What a thread did where the mouse is.
  hover(event) {
    const canvas = find("timeline-canvas"), time = this.timeAt(event);
    const y = event.clientY - canvas.getBoundingClientRect().top - scaleHeight;
    const thread = this.lanes[Math.floor(y / laneHeight)];
    const {node, start, duration: long} = thread ? thread.timeline : {node: []};
    const run = node.findIndex((_, i) => start[i] <= time && time < start[i] + long[i]);
    canvas.title = seconds(time) + " s" + (run < 0 ? "" : "\n" + thread.name + "\n" +
      (node[run] > 0 ? describe(frames[thread.nodes.frame[node[run]]]) : ""));
  },

  start() {
    const canvas = find("timeline-canvas");
    const moved = event => Math.abs(this.timeAt(event) - this.anchor) > data.duration / 1000;
    on(canvas, "pointerdown", event => {
      this.anchor = this.timeAt(event);
      canvas.setPointerCapture(event.pointerId);
    });
    on(canvas, "pointermove", event => {
      if (this.anchor === null)
        this.hover(event);
      else if (moved(event))
        this.select(this.anchor, this.timeAt(event));
    });
    on(canvas, "pointerup", event => {
      if (this.anchor !== null && !moved(event))
        this.select(0, 0);
      this.anchor = null;
    });
    on(canvas, "keydown", event => this.key(event));
    for (const type of ["focus", "blur"])
      on(canvas, type, () => this.draw());
    for (const id of ["range-from", "range-to"])
      on(id, "input", () => this.select(find("range-from").value, find("range-to").value));
    new ResizeObserver(() => state.view === "timeline" && hasTimeline && this.draw()).observe(find("timeline-pane"));
  },

  key(event) {
    const before = this.cursor, whole = data.duration;
    const step = whole / (event.ctrlKey ? 1000 : 50);
    const to = {ArrowLeft: before - step, ArrowRight: before + step, Home: 0, End: whole}[event.key];
    if (event.key === "Escape")
      this.select(0, 0);
    else if (to === undefined)
      return;
    else {
      this.cursor = Math.max(0, Math.min(whole, to));
      if (event.shiftKey) { // the end of the range that the cursor stood at moves
        const [from, end] = now.range || [before, before];
        this.select(Math.abs(end - before) < 2 ? from : end, this.cursor);
      }
      this.draw();
    }
    event.preventDefault();
  },
};
)js"
