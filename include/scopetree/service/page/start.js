R"js(
// Asks for the figures every few seconds, without a new page; then the controls.

const refreshEvery = 3000;
const longest = Number(document.body.dataset.longest);
let paused = false;
let timer = 0;
let asking = false;

const clock = () => document.querySelector("input[name=clock]:checked").value;

function show(state, text, trouble) {
  document.body.dataset.state = state;
  say("state", text);
  find("trouble").hidden = !trouble;
  if (find("trouble").textContent !== (trouble || ""))
    say("trouble", trouble || "");
}

async function ask(path) {
  const response = await fetch(path, {cache: "no-store"});
  if (!response.ok)
    throw new Error(await response.text());
  return response.json();
}

// A part that fails says so; the others go on.
async function refresh() {
  if (asking)
    return;
  asking = true;
  clearTimeout(timer);
  const parts = [["routes", showRoutes], ["slowest", showSlowest], ["threads", showThreads]];
  const troubles = new Set();
  let reached = false;
  for (const [path, draw] of parts) {
    try {
      const answer = await ask(path);
      reached = true;
      draw(answer);
    } catch (error) {
      const isLost = error instanceof TypeError;
      reached = reached || !isLost;
      troubles.add(isLost ? "The program does not answer. It is asked again every few seconds." : error.message.trim());
      if (isLost)
        break;
    }
  }
  asking = false;
  const now = new Date().toLocaleTimeString([], {hour12: false});
  if (!reached)
    show("lost", "not reached", [...troubles].join("\n"));
  else
    show(paused ? "paused" : "live", (paused ? "paused at " : "live, ") + now, [...troubles].join("\n"));
  schedule();
}

// A page that nobody sees asks for nothing.
function schedule() {
  clearTimeout(timer);
  if (!paused && !document.hidden)
    timer = setTimeout(refresh, refreshEvery);
}

function pause() {
  paused = !paused;
  find("pause").setAttribute("aria-pressed", String(paused));
  say("pause", paused ? "Go on" : "Pause");
  if (paused) {
    clearTimeout(timer);
    show("paused", "paused", find("trouble").textContent);
  } else {
    refresh();
  }
}

const formats = [["html", "Report"], ["text", "Text"], ["json", "JSON"], ["pprof", "pprof"], ["speedscope", "speedscope"],
                 ["folded", "Folded stacks"], ["trace", "Trace events"]];
function fillTake() {
  const stretches = [[5, "5 seconds"], [30, "30 seconds"], [0, "since it began"]].filter(([s]) => s <= longest);
  find("take").tBodies[0].replaceChildren(...stretches.map(([seconds, label]) => make("tr", null,
    make("th", {scope: "row"}, label),
    ...formats.map(([format, name], i) => make("td", null, make("a", {
      href: address("profile", {seconds, format, clock: clock()}), target: i < 3 ? "_blank" : undefined, rel: "noopener",
      "aria-label": name + ", " + label,
    }, name))))));
  say("curl", "curl '" + new URL(address("profile", {seconds: Math.min(5, longest), format: "text", clock: clock()}), location.href) + "'");
}

for (const input of document.getElementsByName("clock"))
  on(input, "change", () => { fillTake(); refresh(); });
on("pause", "click", pause);
on("theme", "change", event => {
  if (event.target.value === "auto")
    delete document.documentElement.dataset.theme;
  else
    document.documentElement.dataset.theme = event.target.value;
});
on(document, "visibilitychange", () => { if (!document.hidden && !paused) refresh(); });
on(window, "keydown", event => {
  if (event.key === "p" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.matches("select, input")) {
    event.preventDefault();
    pause();
  }
});
fillTake();
refresh();
)js"
