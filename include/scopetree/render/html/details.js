R"js(
// What is known of the chosen line, its stack for the clipboard, and the files to download.

let shownDetails = null;

// `stack` is frames, the outermost first.
function showDetails(details) {
  shownDetails = details;
  const panel = find("details");
  panel.hidden = !details;
  if (!details)
    return;
  const frame = frames[details.frame], all = now.sums.all;
  const figures = details.entries ? scopeFigures(details.entries, state.clock) : "";
  say("details-name", (frame.scope ? "▸ " : "") + frame.full);
  find("details-name").title = describe(frame);
  say("details-facts", [
    frame.place,
    frame.inlined ? "inlined" : "",
    frame.library && frame.hidden ? "library: " + frame.library : "",
    "total " + seconds(details.total) + " s (" + percent(details.total, all) + ")",
    details.self === undefined ? "" : "self " + seconds(details.self) + " s (" + percent(details.self, all) + ")",
    figures,
  ].filter(fact => fact).join("  ·  "));
}

function showNode(node) {
  const {tree, sums} = now;
  if (node < 0 || node >= tree.size) {
    showDetails(null);
    return;
  }
  showDetails({
    frame: tree.frame[node], stack: pathTo(tree, node).map(i => tree.frame[i]),
    total: sums.total[node], self: sums.self[node], entries: tree.entries.get(node),
  });
}

// The innermost frame first, as debuggers print stacks.
function stackText() {
  return [...shownDetails.stack].reverse().map(index => {
    const frame = frames[index];
    return (frame.scope ? "▸ " : "") + frame.full + (frame.place ? "  " + frame.place : "");
  }).join("\n") + "\n";
}

async function copyStack() {
  if (!shownDetails)
    return;
  try {
    await navigator.clipboard.writeText(stackText());
  } catch (error) { // not allowed here: the old way
    const area = make("textarea", {class: "offscreen"});
    area.value = stackText();
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("announcement", "Stack of " + plural(shownDetails.stack.length, "frame") + " copied.");
}

// --- downloads: the chosen threads, clock and range, every thread by itself ---

// Calls `use` with every stack that has time of its own: frames, the outermost first, and the time.
// Where stacks are so deep that they would not fit into memory, outer frames are left out.
function eachStack(thread, use) {
  const {parent, frame} = thread.nodes;
  const times = ownTimes(thread, state.clock, now.range);
  const depth = new Int32Array(parent.length);
  let steps = 0;
  for (let i = 1; i < parent.length; ++i) {
    depth[i] = depth[parent[i]] + 1;
    steps += times[i] > 0 ? depth[i] : 0;
  }
  const most = steps > 2e7 ? 500 : Infinity;
  for (let i = 0; i < parent.length; ++i) {
    const time = Math.round(times[i]);
    if (time <= 0)
      continue;
    const stack = [];
    for (let at = i; at > 0 && stack.length < most; at = parent[at])
      stack.push(frame[at]);
    use(stack.reverse(), time);
  }
}

function toFolded() {
  const clean = text => text.replace(/[;\r\n]/g, ":");
  const lines = [];
  for (const thread of now.tree.threads)
    eachStack(thread, (stack, time) => lines.push(
      [thread.name, ...stack.map(i => frames[i].name)].map(clean).join(";") + " " + time));
  return lines.join("\n") + "\n";
}

function toSpeedscope() {
  const shared = frames.map(({full, path, line}) => ({
    name: full || "[unnamed]", ...(path && {file: path}), ...(path && line && {line}),
  }));
  const profiles = now.tree.threads.map(thread => {
    const samples = [], weights = [];
    let endValue = 0;
    eachStack(thread, (stack, time) => {
      samples.push(stack);
      weights.push(time);
      endValue += time;
    });
    return {type: "sampled", name: thread.name, unit: "nanoseconds", startValue: 0, endValue, samples, weights};
  });
  return JSON.stringify({$schema: "https://www.speedscope.app/file-format-schema.json",
                         name: data.program, exporter: "scopetree " + data.version, activeProfileIndex: 0,
                         shared: {frames: shared}, profiles});
}

function download(text, ending, type) {
  const address = URL.createObjectURL(new Blob([text], {type}));
  const name = (data.program.split(" ")[0].split("/").pop() || "profile").replace(/[^\w.-]+/g, "_");
  const link = make("a", {href: address, download: name + ending});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  say("announcement", name + ending + " saved.");
}
)js"
