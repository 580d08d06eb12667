R"js(
// The inverted tree: functions by the time in themselves; below each, who called it.

const invertedTree = {
  keys: new Map(), // of a line: its parent's key and its frame → number

  keyOf(above, frame) {
    const path = (above ? above.key : 0) * frames.length + frame;
    if (!this.keys.has(path))
      this.keys.set(path, this.keys.size + 1);
    return this.keys.get(path);
  },

  // Lines for stacks that were followed up to `places`; `times` are those of the stacks' ends.
  linesOf(places, times, above) {
    const {tree: {frame, parent}, sums: {all}} = now;
    const lines = new Map();
    places.forEach((place, i) => {
      const f = frame[place];
      let line = lines.get(f);
      if (!line)
        lines.set(f, line = {key: this.keyOf(above, f), level: above ? above.level + 1 : 0, frame: f,
                             time: 0, places: [], times: [], opens: false});
      line.time += times[i];
      line.places.push(place);
      line.times.push(times[i]);
      line.opens = line.opens || parent[place] > 0 || (parent[place] === 0 && !frames[frame[0]].root);
    });
    const least = above ? all * state.threshold * (1 - 1e-12) : 0;
    return [...lines.values()].filter(line => line.time >= least).sort((a, b) => b.time - a.time);
  },

  roots() {
    const {tree, sums} = now;
    const places = [], times = [];
    for (let i = 0; i < tree.size; ++i)
      if (sums.self[i] > 0) {
        places.push(i);
        times.push(sums.self[i]);
      }
    return this.linesOf(places, times, null);
  },

  children(item) {
    const {parent, frame} = now.tree;
    const places = [], times = [];
    item.places.forEach((place, i) => {
      const above = parent[place];
      if (above >= 0 && !(above === 0 && frames[frame[0]].root && now.tree.threads.length === 1)) {
        places.push(above);
        times.push(item.times[i]);
      }
    });
    return this.linesOf(places, times, item);
  },

  draw(item) {
    return {kind: "call", cells: timeCells(item.time), title: describe(frames[item.frame]),
            text: label(item.frame)};
  },

  chosen(item) {
    const stack = [];
    for (let line = item; line; line = line.above)
      stack.push(line.frame);
    showDetails({frame: item.frame, stack, total: item.time});
  },
};
)js"
