R"js(
// The header, the controls and the keys; then the first drawing.

function drawHeader() {
  say("program", data.program || "unnamed program");
  document.title = (data.program.split(" ")[0].split("/").pop() || "profile") + " · scopetree";
  find("facts").replaceChildren(...data.facts.map(([name, value, title]) =>
    make("div", {title}, make("dt", null, name), make("dd", null, value))));
  find("notes").replaceChildren(...data.notes.map(text => make("li", null, text)));
  find("notes").hidden = data.notes.length === 0;
  say("version", "scopetree " + data.version);
}

function fillThreads() {
  const select = find("threads");
  const option = (value, text) => make("option", {value}, text);
  select.hidden = threads.length < 2;
  select.append(option("apart", "All " + wholes.length + " " + data.parts + ", apart"), option("merged", "All " + data.parts + ", merged"),
                ...threads.map((thread, i) => option(i, thread.name + "  (" + seconds(thread.wall) + " s)")));
}

function bind() {
  on("threads", "change", event => {
    const value = event.target.value;
    change({threads: value === "apart" || value === "merged" ? value : Number(value)});
  });
  on("threshold", "change", event => change({threshold: Number(event.target.value)}));
  on("fold", "change", event => change({fold: event.target.checked}));
  on("theme", "change", event => change({theme: event.target.value}));
  on("search", "input", event => change({search: event.target.value}));
  on("search", "keydown", event => {
    if (event.key === "Enter")
      nextMatch(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape")
      change({search: ""});
  });
  const clicks = {
    "range-chip": () => change({from: null, to: null}),
    copy: copyStack,
    "close-details": () => showDetails(null),
    "save-speedscope": () => download(toSpeedscope(), ".speedscope.json", "application/json"),
    "save-folded": () => download(toFolded(), ".folded", "text/plain"),
    "open-all": () => openAll(true),
    "close-all": () => openAll(false),
    "help-button": () => find("help").showModal(),
  };
  for (const [id, action] of Object.entries(clicks))
    on(id, "click", action);
  for (const name of ["clock", "order"])
    for (const input of document.getElementsByName(name))
      on(input, "change", () => change({[name]: input.value}));
  const names = words.view;
  names.forEach((name, i) => {
    on("tab-" + name, "click", () => change({view: name}));
    on("tab-" + name, "keydown", event => {
      const to = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: names.length - 1}[event.key];
      if (to === undefined)
        return;
      event.preventDefault();
      const next = names[(to + names.length) % names.length];
      change({view: next});
      find("tab-" + next).focus();
    });
  });
  on(window, "popstate", () => {
    clearTimeout(hashTimer);
    readHash();
    render();
  });
  on(window, "keydown", pressed);
  on(matchMedia("(prefers-color-scheme: dark)"), "change", render);
}

function openAll(open) {
  const {list} = views[state.view];
  list.setAll(list.roots, open);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || find("help").open ||
      event.target.matches("input[type=search], select, textarea"))
    return;
  const names = words.view;
  const actions = {
    "/": () => find("search").focus(),
    "?": () => find("help").showModal(),
    c: copyStack,
    n: () => nextMatch(1),
    N: () => nextMatch(-1),
    w: () => change({clock: state.clock === "wall" ? "cpu" : "wall"}),
    l: () => change({fold: !state.fold}),
    x: () => change({from: null, to: null}),
  };
  const number = Number(event.key);
  if (number >= 1 && number <= names.length)
    actions[event.key] = () => {
      change({view: names[number - 1]});
      focusView();
    };
  if (!actions[event.key])
    return;
  event.preventDefault();
  actions[event.key]();
}

function focusView() {
  const target = views[state.view].list ? views[state.view].list : null;
  if (target)
    target.focus();
  else
    find(state.view === "flame" ? "flame-canvas" : hasTimeline ? "timeline-canvas" : "tab-timeline").focus();
}

views.tree.list = new TreeList(find("view-tree"), callTree, "Call tree");
views.inverted.list = new TreeList(find("view-inverted"), invertedTree, "Functions by own time, with their callers below");
views.table.list = new TreeList(find("table-list"), functionTable, "Functions", true);
drawHeader();
fillThreads();
flame.start();
timeline.start();
bind();
readHash();
render();
)js"
