R"js(
// The session's columns, and the trees that the views show of them. Nodes stand behind their parents
// in every tree here, so that sums need no recursion, however deep the stacks are.

const data = JSON.parse(document.getElementById("data").textContent);

// The frames of the page, then one for what was thinned out, one for every thread's root, and one
// above all threads.
const frames = data.frames.name.map((name, i) => {
  const text = column => data.strings[data.frames[column][i]];
  const flags = data.frames.flags[i];
  const line = data.frames.line[i];
  return {
    name: data.strings[name], full: text("full"), path: text("path"), library: text("library"),
    line, place: text("path") + (line && text("path") ? ":" + line : ""),
    scope: (flags & 1) !== 0, inlined: (flags & 2) !== 0, hidden: (flags & 4) !== 0, root: false,
  };
});
function addFrame(name, root) {
  return frames.push({name, full: name, path: "", library: "", place: "", scope: false, inlined: false,
                      hidden: !root, root}) - 1;
}
addFrame("[thinned out]", false);

let entryCount = 0; // entries of scopes' figures, over all threads
const threads = data.threads.map(thread => {
  const first = entryCount;
  entryCount += thread.scopes.calls.length;
  return {...thread, frame: addFrame(thread.name, true), firstEntry: first};
});
// Of a service single requests stand behind its routes: their time is in those already.
const wholes = threads.slice(0, data.wholes);
const everything = addFrame("all " + data.parts, true);
const entryOwner = threads.flatMap(thread => thread.scopes.calls.map(() => thread));
const hasTimeline = threads.some(thread => thread.timeline.node.length > 0);

// What every node of a thread took itself. Inside a range it is what the timeline says; CPU time is
// then estimated from the share that the place had over the whole run.
function ownTimes(thread, clock, range) {
  const {wall, cpu} = thread.nodes;
  if (!range)
    return thread.nodes[clock];
  const times = new Float64Array(wall.length);
  const {node, start, duration} = thread.timeline;
  let low = 0, high = start.length; // the first run that ends inside or behind the range
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[middle] + duration[middle] <= range[0])
      low = middle + 1;
    else
      high = middle;
  }
  for (let i = low; i < start.length && start[i] < range[1]; ++i)
    times[node[i]] += Math.min(start[i] + duration[i], range[1]) - Math.max(start[i], range[0]);
  if (clock === "cpu")
    for (let i = 0; i < times.length; ++i)
      times[i] *= wall[i] > 0 ? Math.min(1, cpu[i] / wall[i]) : 0;
  return times;
}

// The nodes of some threads as one tree: `which` is a thread's number, "apart" or "merged".
const trees = new Map();
function treeOf(which) {
  if (!trees.has(which))
    trees.set(which, buildTree(which));
  return trees.get(which);
}
function buildTree(which) {
  const chosen = typeof which === "number" ? [threads[which]] : wholes;
  const merging = which === "merged" && chosen.length > 1;
  const parent = [], frame = [], maps = [], known = new Map(), entries = new Map();
  const add = (above, f) => {
    parent.push(above);
    frame.push(f);
    return parent.length - 1;
  };
  if (chosen.length !== 1)
    add(-1, everything);
  for (const thread of chosen) {
    const nodes = thread.nodes;
    const map = new Int32Array(nodes.parent.length);
    for (let i = 0; i < map.length; ++i) {
      if (i === 0) {
        map[0] = merging ? 0 : add(chosen.length === 1 ? -1 : 0, thread.frame);
        continue;
      }
      const above = map[nodes.parent[i]];
      const key = above * frames.length + nodes.frame[i];
      const same = merging ? known.get(key) : undefined;
      map[i] = same === undefined ? add(above, nodes.frame[i]) : same;
      if (merging && same === undefined)
        known.set(key, map[i]);
    }
    thread.links.node.forEach((node, i) => {
      const list = entries.get(map[node]) || [];
      list.push(thread.firstEntry + thread.links.scope[i]);
      entries.set(map[node], list);
    });
    maps.push(map);
  }
  if (parent.length === 0)
    add(-1, everything);
  return withChildren({which, threads: chosen, maps, entries, size: parent.length,
                       parent: Int32Array.from(parent), frame: Int32Array.from(frame)});
}
function withChildren(tree) {
  const {size, parent} = tree;
  const depth = new Int32Array(size), first = new Int32Array(size + 1);
  for (let i = 1; i < size; ++i) {
    depth[i] = depth[parent[i]] + 1;
    ++first[parent[i] + 1];
  }
  for (let i = 0; i < size; ++i)
    first[i + 1] += first[i];
  const next = first.slice(), list = new Int32Array(size);
  for (let i = 1; i < size; ++i)
    list[next[parent[i]]++] = i;
  return Object.assign(tree, {depth, first, list});
}

// Own and total times of a tree's nodes, and its children sorted by them, the heaviest first.
function weigh(tree, clock, range) {
  const {size, parent, first, maps} = tree;
  const self = new Float64Array(size);
  tree.threads.forEach((thread, t) => {
    const times = ownTimes(thread, clock, range), map = maps[t];
    for (let i = 0; i < map.length; ++i)
      self[map[i]] += times[i];
  });
  const total = self.slice();
  for (let i = size - 1; i > 0; --i)
    total[parent[i]] += total[i];
  const list = tree.list.slice();
  for (let i = 0; i < size; ++i)
    if (first[i + 1] - first[i] > 1)
      list.subarray(first[i], first[i + 1]).sort((a, b) => total[b] - total[a] || a - b);
  return {self, total, list, all: total[0]};
}

// Every function once: own time, time with all that it calls (of nested calls only the outermost
// counts), and the entries of its figures if it is a scope.
function functionsOf(tree, sums) {
  const {size, parent, frame, entries} = tree;
  const rows = new Map();
  const open = new Int32Array(frames.length); // places on the path to the current node
  const path = [];
  for (const i of preorder(tree)) {
    while (path.length && path[path.length - 1] !== parent[i])
      --open[frame[path.pop()]];
    const f = frame[i];
    let row = rows.get(f);
    if (!row)
      rows.set(f, row = {frame: f, self: 0, total: 0, entries: null});
    row.self += sums.self[i];
    if (open[f] === 0)
      row.total += sums.total[i];
    if (entries.has(i))
      row.entries = (row.entries || []).concat(entries.get(i));
    path.push(i);
    ++open[f];
  }
  return [...rows.values()].filter(row => !frames[row.frame].root || row.self > 0);
}
function* preorder(tree) {
  const {first, list} = tree;
  const pending = [0];
  while (pending.length) {
    const i = pending.pop();
    yield i;
    for (let c = first[i + 1]; c-- > first[i];)
      pending.push(list[c]);
  }
}

// Who called a function, and what it called. Time counts for the caller of the outermost of nested
// calls and for what the innermost one called, so that both add up to the function's total.
function neighboursOf(tree, sums, chosen) {
  const {size, parent, frame} = tree;
  const outer = new Int32Array(size).fill(-1), inner = new Int32Array(size).fill(-1);
  const callers = new Map(), callees = new Map();
  const add = (map, f, time) => map.set(f, (map.get(f) || 0) + time);
  for (let i = 0; i < size; ++i) {
    const above = parent[i];
    outer[i] = above >= 0 && outer[above] >= 0 ? outer[above] : frame[i] === chosen ? i : -1;
    if (outer[i] < 0 || sums.total[i] === 0)
      continue;
    if (outer[i] === i && above >= 0)
      add(callers, frame[above], sums.total[i]);
    inner[i] = frame[i] === chosen ? -1 : frame[above] === chosen ? frame[i] : inner[above];
    if (sums.self[i] > 0)
      add(callees, inner[i], sums.self[i]); // -1: the function itself
  }
  const sorted = map => [...map].map(([f, time]) => ({frame: f, time})).sort((a, b) => b.time - a.time);
  return {callers: sorted(callers), callees: sorted(callees)};
}

// The time of all stacks on which a frame matches.
function matchingTime(tree, sums, matches) {
  const {size, parent, frame} = tree;
  const hit = new Uint8Array(size);
  let time = 0;
  for (let i = 0; i < size; ++i) {
    hit[i] = matches[frame[i]] || (i > 0 && hit[parent[i]]) ? 1 : 0;
    if (hit[i])
      time += sums.self[i];
  }
  return time;
}

// Nodes from the root to `node`.
function pathTo(tree, node) {
  const path = [];
  for (let i = node; i >= 0; i = tree.parent[i])
    path.push(i);
  return path.reverse();
}
)js"
