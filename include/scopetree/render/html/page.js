R"js(
// The page's state, its hash in the address, and what ties the views together.

const fallback = {
  view: "tree", clock: data.initial.clock, threads: data.initial.threads, from: null, to: null, search: "",
  threshold: data.initial.threshold, fold: data.initial.fold, order: data.initial.order, zoom: 0, node: -1,
  function: -1, sort: "self", theme: "auto",
};
const state = {...fallback};
let now = null; // what the state stands for: tree, sums, range, matches

// What the hash may say; anything else is taken for the default.
const words = {
  view: ["tree", "flame", "table", "inverted", "timeline"], clock: ["wall", "cpu"], order: ["heavy", "time"],
  sort: ["self", "total", "calls", "name"], theme: ["auto", "light", "dark"],
};
const most = {threshold: 1, zoom: Infinity, node: Infinity, function: frames.length - 1};

function readHash() {
  const hash = new URLSearchParams(location.hash.slice(1));
  Object.assign(state, fallback, {search: hash.get("search") || ""});
  for (const name in words)
    if (words[name].includes(hash.get(name)))
      state[name] = hash.get(name);
  for (const name in most)
    if (hash.has(name) && hash.get(name) >= 0 && hash.get(name) <= most[name])
      state[name] = name === "threshold" ? Number(hash.get(name)) : Math.floor(hash.get(name));
  if (hash.has("fold"))
    state.fold = hash.get("fold") === "true";
  const which = hash.get("threads");
  if (which === "apart" || which === "merged")
    state.threads = which;
  else if (threads[parseInt(which)])
    state.threads = parseInt(which);
  const [from, to] = (hash.get("range") || "").split("-").map(Number);
  if (hasTimeline && from >= 0 && to > from)
    Object.assign(state, {from, to});
}

// Not at every step of a drag: browsers allow a page only so many changes of its address.
let hashTimer = 0;
function saveHash(push) {
  clearTimeout(hashTimer);
  if (push)
    writeHash("pushState");
  else
    hashTimer = setTimeout(writeHash, 150, "replaceState");
}
function writeHash(way) {
  const hash = new URLSearchParams();
  for (const [name, value] of Object.entries(state))
    if (value !== fallback[name] && name !== "from" && name !== "to")
      hash.set(name, value);
  if (state.from !== null)
    hash.set("range", state.from + "-" + state.to);
  const address = "#" + hash;
  if (address !== (location.hash || "#"))
    history[way](null, "", address);
}

// Every change goes through here. Quiet ones only move within a view: nothing is drawn anew.
function change(changes, {push = false, quietly = false} = {}) {
  if ("threads" in changes && changes.threads !== state.threads) {
    Object.assign(changes, {zoom: 0, node: -1});
    for (const name of ["tree", "inverted"])
      views[name].list.choices.clear();
  }
  Object.assign(state, changes);
  saveHash(push || "view" in changes);
  if (!quietly)
    render();
  else if (state.view === "tree" || state.view === "flame")
    showNode(state.node);
}

function compute() {
  const range = state.from === null ? null : [state.from, state.to];
  const tree = treeOf(threads.length === 1 ? 0 : state.threads);
  const key = [tree.which, state.clock, state.from, state.to].join();
  const sums = now && now.key === key ? now.sums : weigh(tree, state.clock, range);
  const wanted = state.search.toLowerCase();
  const matches = wanted ? frames.map(frame => (frame.full + "\n" + frame.name + "\n" + frame.place)
    .toLowerCase().includes(wanted)) : null;
  if (state.zoom >= tree.size)
    state.zoom = 0;
  now = {key, tree, sums, range, matches};
}

const views = {
  tree: {render() { this.list.rebuild(); }},
  flame: {render() { flame.render(); }},
  table: {render() { functionTable.render(this.list); }},
  inverted: {render() { this.list.rebuild(); }},
  timeline: {render() { timeline.render(); }},
};

function render() {
  compute();
  if (state.theme === "auto")
    delete document.documentElement.dataset.theme;
  else
    document.documentElement.dataset.theme = state.theme;
  for (const name of words.view) {
    const chosen = name === state.view;
    find("tab-" + name).setAttribute("aria-selected", String(chosen));
    find("tab-" + name).tabIndex = chosen ? 0 : -1;
    find("view-" + name).hidden = !chosen;
  }
  find("threads").value = state.threads;
  find("threshold").value = state.threshold;
  find("search").value = state.search;
  find("fold").checked = state.fold;
  find("theme").value = state.theme;
  for (const name of ["clock", "order"])
    for (const input of document.getElementsByName(name))
      input.checked = input.value === state[name];
  find("range-chip").hidden = !now.range;
  say("range-chip", now.range ? seconds(now.range[0]) + " s to " + seconds(now.range[1]) + " s  ✕" : "");
  document.body.dataset.view = state.view;
  say("share", describeMatches());
  find("nothing").hidden = now.sums.all > 0 || (wholes.length > 0 && ["timeline", "routes"].includes(state.view));
  find("views").hidden = threads.length === 0;
  say("nothing", whyNothing());
  showDetails(null);
  views[state.view].render();
  if (state.view === "tree" || state.view === "flame")
    showNode(state.node);
}

function whyNothing() {
  if (data.nothing)
    return data.nothing;
  return now.range ? "Nothing was sampled in the chosen range." : state.clock === "cpu"
    ? "These threads used no CPU time: they only waited. Choose wall time to see where." : "No time was sampled here.";
}

function describeMatches() {
  const {tree, sums, matches} = now;
  if (!matches)
    return "";
  const time = matchingTime(tree, sums, matches);
  const found = new Set(tree.frame.filter(f => matches[f])).size;
  return found === 0 ? "No match" : count(found) + (found === 1 ? " match: " : " matches: ") +
    percent(time, sums.all) + " of the time, " + seconds(time) + " s";
}

// To the next line, in the tree's order, whose frame matches.
function nextMatch(step) {
  if (!now.matches)
    return;
  const {tree, sums, matches} = now;
  const order = [...preorder({...tree, list: sums.list})].filter(node => matches[tree.frame[node]] && sums.total[node] > 0);
  if (order.length === 0)
    return;
  const at = order.indexOf(state.node);
  const node = order[at < 0 ? (step > 0 ? 0 : order.length - 1) : (at + step + order.length) % order.length];
  if (state.view === "flame") {
    flame.choose(flame.boxes.node.indexOf(node));
  } else {
    if (state.view !== "tree")
      change({view: "tree"});
    callTree.reveal(node);
  }
}
)js"
