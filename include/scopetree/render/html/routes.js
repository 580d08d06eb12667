R"js(
// The first view of a service's page: its routes, and of the chosen one the slowest requests. Whatever
// is chosen opens as a tree of its own in the other views.

const routes = data.service.routes.map(([method, route, requests, errors, p50, p95, p99, max, cpu, time], index) =>
  ({index, method, route, requests, errors, p50, p95, p99, max, cpu, time, name: (method + " " + route).trim()}));
const slowest = data.service.requests.map(([route, id, status, began, time, cpu], i) =>
  ({route, id, status, began, time, cpu, index: routes.length + i}));
const routesTime = routes.reduce((sum, route) => sum + route.time, 0);

words.view.unshift("routes");
words.by = ["method", "route", "requests", "errors", "p50", "p95", "p99", "max", "cpu", "time"];
most.route = routes.length - 1;
Object.assign(fallback, {view: "routes", by: "time", route: 0});
Object.assign(state, fallback);

const routeView = {
  headings: [["method", "Method"], ["route", "Route"], ["requests", "Requests"], ["errors", "Errors"], ["p50", "p50"],
             ["p95", "p95"], ["p99", "p99"], ["max", "max"], ["cpu", "CPU"], ["time", "Time"]],

  start() {
    find("tab-tree").before(make("button", {role: "tab", id: "tab-routes", "aria-controls": "view-routes"}, "Routes"));
    find("share").after(make("p", {class: "hint for-routes"},
      "What the requests of each route took, from begin to end. Choose one to see where its time goes."));
    find("view-tree").before(make("section", {role: "tabpanel", id: "view-routes", "aria-labelledby": "tab-routes"},
      make("div", {id: "routes"}), make("aside", {id: "requests", "aria-label": "Slowest requests"})));
  },

  focus() {
    const row = document.querySelector("#routes [aria-selected=true]");
    if (row)
      row.focus();
  },

  render() {
    say("share", "");
    const wanted = state.search.toLowerCase();
    const text = ["method", "route"].includes(state.by), key = state.by;
    const shown = routes.filter(route => route.name.toLowerCase().includes(wanted))
      .sort((a, b) => (text ? (a[key] > b[key] ? 1 : a[key] < b[key] ? -1 : 0) : b[key] - a[key]) || a.index - b.index);
    const body = make("tbody", null, ...shown.map(route => this.row(route)));
    on(body, "keydown", event => this.key(event));
    const head = this.headings.map(([name, title]) => make("th", {
      class: name, "aria-sort": name === key && (text ? "ascending" : "descending"),
    }, make("button", {title: "sort by this column", click: () => change({by: name})},
            title + (name === key ? (text ? " ▲" : " ▼") : ""))));
    find("routes").replaceChildren(make("table", {role: "grid", "aria-label": "Routes"},
      make("thead", null, make("tr", null, ...head)), body));
    this.drawRequests();
  },

  row(route) {
    const chosen = route.index === state.route;
    const cell = (name, ...children) => make("td", {class: name}, ...children);
    return make("tr", {
      tabindex: chosen ? "0" : "-1", "aria-selected": String(chosen), "data-route": route.index, title: route.name,
      click: () => this.choose(route.index), dblclick: () => openThread(route.index, "tree"),
    }, cell("method", ...marked(route.method)), cell("route", ...marked(route.route)), cell("requests", count(route.requests)),
    cell(route.errors ? "failed" : "errors", count(route.errors)), ...["p50", "p95", "p99", "max", "cpu"].map(
      name => cell(name, duration(route[name]))),
    cell("time", bar(route.time, routesTime), " " + percent(route.time, routesTime)));
  },

  // Rows stay the elements they are, so that a second click finds the first one's.
  choose(index) {
    change({route: index}, {quietly: true});
    for (const row of document.querySelectorAll("#routes tbody tr")) {
      const chosen = Number(row.dataset.route) === index;
      row.setAttribute("aria-selected", String(chosen));
      row.tabIndex = chosen ? 0 : -1;
    }
    this.focus();
    this.drawRequests();
  },

  key(event) {
    const row = event.target.closest("tr");
    const to = {ArrowDown: row.nextSibling, ArrowUp: row.previousSibling, Home: row.parentNode.firstChild,
                End: row.parentNode.lastChild}[event.key];
    if (event.key === "Enter")
      openThread(Number(row.dataset.route), "tree");
    else if (to)
      this.choose(Number(to.dataset.route));
    else
      return;
    event.preventDefault();
  },

  drawRequests() {
    const route = routes[state.route];
    if (!route)
      return;
    const kept = slowest.filter(request => request.route === route.index);
    find("requests").replaceChildren(
      make("h2", null, route.name),
      make("p", {class: "hint"}, plural(route.requests, "request") + ", " + plural(route.errors, "error") +
           (route.requests ? ", " + duration(route.time / route.requests) + " each" : "")),
      make("div", {class: "tools"}, make("button", {click: () => openThread(route.index, "tree")}, "Call tree"),
           make("button", {click: () => openThread(route.index, "flame")}, "Flame graph")),
      make("h3", null, kept.length ? "Slowest requests" : ""),
      make("ul", null, ...kept.map(request => make("li", null, make("button", {
        class: "neighbour", title: "why was this one slow?", click: () => openThread(request.index, "tree"),
      }, span("time", duration(request.time)), bar(request.time, route.max),
      span("text", (request.status ? "status " + request.status : "no status") + ", " + request.began +
                   ", request " + count(request.id)))))));
  },
};

function openThread(thread, view) {
  change({threads: thread, view, search: ""}, {push: true});
  focusView();
}

routeView.start();
views.routes = {render() { routeView.render(); }, list: routeView};
)js"
