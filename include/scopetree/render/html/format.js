R"js(
// Numbers as text, as the text report writes them.

const seconds = ns => (ns / 1e9).toFixed(data.decimals);
const percent = (part, whole) => (whole > 0 ? 100 * part / whole : 0).toFixed(1) + "%";
const count = n => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

function duration(ns) {
  if (!(ns > 0))
    return "0 ns";
  const units = [" ns", " µs", " ms", " s"];
  let unit = 0;
  for (; ns >= 999.5 && unit < 3; ++unit)
    ns /= 1000;
  const whole = ns >= 99.95 || (unit === 0 && Number.isInteger(ns));
  return ns.toFixed(whole ? 0 : ns >= 9.995 ? 1 : 2) + units[unit];
}

function plural(n, noun) {
  return count(n) + " " + noun + (n === 1 ? "" : "s");
}

// A scope's exact figures over the entries that a line stands for: those of the whole run, whatever
// range is chosen, since only samples know when they were taken.
function sumEntries(list, clock) {
  const sum = {calls: 0, time: 0, timed: 0, min: Infinity, max: 0, p99: 0};
  for (const entry of new Set(list)) {
    const thread = entryOwner[entry], scopes = thread.scopes, i = entry - thread.firstEntry;
    sum.calls += scopes.calls[i];
    const timed = scopes.timed[i];
    sum.time += timed ? timed[0] : scopes[clock][i];
    if (!timed || scopes.calls[i] === 0)
      continue;
    ++sum.timed;
    sum.min = Math.min(sum.min, timed[1]);
    sum.max = Math.max(sum.max, timed[2]);
    sum.p99 = Math.max(sum.p99, timed[4]);
  }
  return sum;
}
function scopeFigures(list, clock) {
  const sum = sumEntries(list, clock);
  if (sum.calls === 0)
    return "";
  let text = "×" + count(sum.calls);
  if (sum.calls === 1)
    return sum.timed ? text + "  " + duration(sum.time) : text;
  if (sum.time > 0)
    text += "  " + duration(sum.time / sum.calls) + " each";
  if (sum.timed)
    text += "  min " + duration(sum.min) + (sum.timed > 1 ? "  p99 ≤ " : "  p99 ") +
            duration(sum.p99) + "  max " + duration(sum.max);
  return text;
}

// What hovering shows.
function describe(frame) {
  return (frame.scope ? "▸ " : "") + frame.full + (frame.place ? "\n" + frame.place : "") +
         (frame.inlined ? "\ninlined by the compiler into its caller" : "") +
         (frame.hidden && !frame.root ? "\nlibrary code" + (frame.library ? ": " + frame.library : "") : "");
}

// --- elements: text is only ever set as text ---

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function")
      on(element, name, value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== "" && child !== null));
  return element;
}
const span = (style, ...children) => make("span", {class: style}, ...children);
const find = id => document.getElementById(id);
const say = (id, text) => { find(id).textContent = text; };
function on(target, type, action) {
  (typeof target === "string" ? find(target) : target).addEventListener(type, action);
}

// A name with the parts that match the search marked.
function marked(text) {
  const wanted = state.search.toLowerCase();
  const lower = text.toLowerCase();
  const parts = [];
  let from = 0;
  if (wanted && lower.length === text.length)
    for (let at; (at = lower.indexOf(wanted, from)) >= 0; from = at + wanted.length)
      parts.push(text.slice(from, at), make("mark", null, text.slice(at, at + wanted.length)));
  return [...parts, text.slice(from)].filter(part => part !== "");
}

// Mark, name, badges and place of a frame, as every list shows it.
function label(index, figures) {
  const frame = frames[index];
  const kind = frame.scope ? " scope" : frame.hidden || frame.root ? " library" : "";
  return [
    span("name" + kind, frame.scope ? "▸ " : "", ...marked(frame.name)),
    frame.inlined ? span("badge", "inlined") : "",
    frame.place ? span("place", frame.place) : "",
    figures ? span("figures", figures) : "",
  ];
}

function bar(part, whole) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  const fill = span("fill");
  fill.style.width = 100 * share + "%";
  fill.style.setProperty("--heat", Math.round(100 * Math.sqrt(share)) + "%");
  return make("span", {class: "bar", "aria-hidden": "true"}, fill);
}
)js"
