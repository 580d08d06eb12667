R"js(
// All functions and scopes as a table, and of the chosen one who calls it and what it calls.

const functionTable = {
  roots() {
    const {tree, sums, matches} = now;
    const key = {self: row => row.self, total: row => row.total, calls: row => row.calls,
                 name: row => frames[row.frame].name}[state.sort];
    const rows = functionsOf(tree, sums).filter(row => !matches || matches[row.frame]);
    for (const row of rows) {
      row.calls = row.entries ? sumEntries(row.entries, state.clock).calls : 0;
      Object.assign(row, {key: row.frame, level: 0, time: 0, opens: false});
    }
    const up = state.sort === "name";
    rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (up ? 1 : -1) ||
                        b.self - a.self || b.total - a.total);
    return rows;
  },

  draw(row) {
    const all = now.sums.all;
    return {
      kind: "function", title: describe(frames[row.frame]), text: label(row.frame),
      cells: [
        span("time", seconds(row.self)),
        span("share", percent(row.self, all)),
        bar(row.self, all),
        span("time", seconds(row.total)),
        span("share", percent(row.total, all)),
        span("calls", row.calls ? count(row.calls) : ""),
      ],
    };
  },

  chosen(row) {
    change({function: row.frame}, {quietly: true});
    this.drawNeighbours();
  },

  headings: [["self", "Self, s", 2], ["total", "Total, s", 2], ["calls", "Calls", 1],
             ["name", "Function or scope", 1]],

  drawHead() {
    const head = find("table-head");
    head.replaceChildren(...this.headings.map(([key, text]) => make("button", {
      class: "head-" + key, "aria-pressed": String(state.sort === key),
      title: "sort by this column", click: () => change({sort: key}),
    }, text, state.sort === key ? (key === "name" ? " ▲" : " ▼") : "")));
  },

  drawNeighbours() {
    const {tree, sums} = now;
    const row = views.table.list.roots.find(other => other.frame === state.function);
    const panel = find("neighbours");
    if (!row) {
      panel.replaceChildren(make("p", {class: "hint"},
        "Choose a function: its callers and what it calls are shown here."));
      return;
    }
    const {callers, callees} = neighboursOf(tree, sums, row.frame);
    const list = (title, entries) => [
      make("h3", null, entries.length ? title : ""),
      make("ul", null, ...entries.slice(0, 100).map(({frame, time}) => make("li", null, make("button", {
        class: "neighbour", title: frame < 0 ? undefined : describe(frames[frame]),
        disabled: frame < 0 || frames[frame].root,
        click: () => change({function: frame, search: ""}, {push: true}),
      }, span("time", seconds(time)),
      span("share", percent(time, row.total)), bar(time, row.total),
      span("text", ...(frame < 0 ? [span("name library", "[self]")]
                                                  : label(frame))))))),
    ];
    panel.replaceChildren(
      make("h2", {title: describe(frames[row.frame])}, ...label(row.frame)),
      make("p", {class: "hint"}, seconds(row.total) + " s in it and what it calls, " + seconds(row.self) +
           " s in itself" + (row.entries ? "  " + scopeFigures(row.entries, state.clock) : "")),
      ...list("Called by", callers),
      ...list("Where its time goes", callees));
    showDetails({frame: row.frame, stack: [row.frame], total: row.total, self: row.self,
                 entries: row.entries});
  },

  render(list) {
    this.drawHead();
    list.rebuild();
    const row = list.rows.find(other => other.frame === state.function);
    if (row) {
      list.choose(row, false);
    } else {
      this.drawNeighbours();
    }
  },
};
)js"
