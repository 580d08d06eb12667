R"js(
// Tables that are filled again and again. A row stays the element it is while its key lasts, so that
// focus, selection and a click under way survive.

const mostRows = 100;
function fillTable(id, all, keyOf, cellsOf) {
  const list = all.slice(0, mostRows);
  const body = find(id).tBodies[0];
  const old = new Map([...body.rows].map(row => [row.dataset.key, row]));
  const focused = document.activeElement;
  const rows = list.map(item => {
    const key = keyOf(item);
    const row = old.get(key) || make("tr", {"data-key": key});
    old.delete(key);
    fillRow(row, cellsOf(item));
    return row;
  });
  for (const row of old.values())
    row.remove();
  rows.forEach((row, i) => {
    if (body.rows[i] !== row)
      body.insertBefore(row, body.rows[i] || null);
  });
  if (focused !== document.activeElement && body.contains(focused))
    focused.focus({preventScroll: true});
  find(id).parentNode.hidden = list.length === 0;
  find(id + "-empty").hidden = list.length > 0;
  find(id + "-more").hidden = all.length <= mostRows;
  find(id + "-rest").textContent = count(all.length - list.length);
}

// A cell is a text or {text, href, title, style, share}; the first one is the row's heading.
function fillRow(row, cells) {
  cells.forEach((wanted, i) => {
    const {text, href, title, style, share} = typeof wanted === "object" ? wanted : {text: wanted};
    let cell = row.cells[i];
    if (!cell) {
      cell = make(i === 0 ? "th" : "td", i === 0 ? {scope: "row", class: "name"} : {class: style});
      if (href !== undefined)
        cell.append(make("a", {target: "_blank", rel: "noopener"}));
      else if (share !== undefined)
        cell.append(bar(share, 1));
      row.append(cell);
    }
    if (i > 0 && style !== undefined)
      cell.className = style;
    if (title !== undefined)
      cell.title = title;
    if (share !== undefined)
      cell.replaceChildren(bar(share, 1));
    else if (href !== undefined)
      setLink(cell.firstChild, text, href);
    else if (cell.textContent !== text)
      cell.textContent = text;
  });
}

function setLink(link, text, href) {
  if (link.textContent !== text)
    link.textContent = text;
  if (link.getAttribute("href") !== href)
    link.setAttribute("href", href);
}

const address = (path, parameters) => path + "?" + new URLSearchParams(parameters);
const nameOf = route => route.method ? route.method + " " + route.route : route.route;
const each = (ns, n) => n > 0 ? duration(ns / n) : "";

// What counted since the last figures, by key: {value, at} are of those. The time is the program's own:
// it may answer with figures that were there already.
const earlier = new Map();
function perSecond(key, value, at) {
  const last = earlier.get(key);
  if (last && at === last.at)
    return last.rate;
  const rate = last && value >= last.value && at > last.at ? (value - last.value) / (at - last.at) * 1e9 : null;
  earlier.set(key, {value, at, rate});
  return rate;
}

function showRoutes({routes, duration_ns: at}) {
  const all = routes.reduce((sum, route) => sum + route.latency_ns, 0);
  fillTable("routes", routes, nameOf, route => {
    const rate = perSecond("requests " + nameOf(route), route.requests, at);
    return [
      {text: nameOf(route), title: nameOf(route), href: address("routes",
        {method: route.method, route: route.route, format: "html", clock: clock()})},
      count(route.requests), rate === null ? "" : rate.toFixed(rate < 9.95 ? 1 : 0),
      {text: count(route.errors), style: route.errors ? "failed" : "none"},
      duration(route.p50_ns), duration(route.p95_ns), duration(route.p99_ns), duration(route.max_ns),
      each(route.cpu_ns, route.requests), percent(route.latency_ns, all),
      {share: all > 0 ? route.latency_ns / all : 0},
    ];
  });
}

function showSlowest({requests}) {
  const most = requests.reduce((longest, request) => Math.max(longest, request.latency_ns), 1);
  fillTable("slowest", requests, request => String(request.id), request => [
    {text: nameOf(request), title: nameOf(request), href: address("slowest", {id: request.id, format: "html", clock: clock()})},
    duration(request.latency_ns), {share: request.latency_ns / most, style: "share"}, duration(request.active_ns),
    duration(request.cpu_ns),
    {text: request.status ? String(request.status) : "none", style: request.status >= 500 ? "failed" : "none"},
    {text: moment(request.started_unix_ns), title: new Date(request.started_unix_ns / 1e6).toISOString()},
    count(request.id),
  ]);
}

function showThreads(answer) {
  say("program", answer.program || "unnamed program");
  document.title = (answer.program.split(" ")[0].split("/").pop() || "live") + " · scopetree live";
  const facts = [["Process", String(answer.pid)], ["Profiled for", span_of(answer.duration_ns)],
                 ["Threads", count(answer.threads.length)], ["Interval", duration(answer.interval_ns)]];
  find("facts").replaceChildren(...facts.map(([name, value]) => make("div", null, make("dt", null, name), make("dd", null, value))));
  fillTable("threads", answer.threads, thread => thread.name + " " + thread.tid, thread => {
    const rate = perSecond("cpu " + thread.name + " " + thread.tid, thread.cpu_ns, answer.duration_ns);
    const share = rate === null ? null : Math.min(1, rate / 1e9);
    return [
      {text: thread.name, title: thread.name}, String(thread.tid), duration(thread.wall_ns), duration(thread.cpu_ns),
      share === null ? "" : percent(share, 1), {share: share || 0},
      {text: thread.top ? percent(thread.top_ns, thread.wall_ns) + (thread.top_is_scope ? "  ▸ " : "  ") + thread.top : "", title: thread.top, style: "name"},
    ];
  });
}

const moment = unix_ns => new Date(unix_ns / 1e6).toLocaleTimeString([], {hour12: false});
function span_of(ns) {
  const s = Math.round(ns / 1e9), m = Math.floor(s / 60), h = Math.floor(m / 60);
  return h > 0 ? h + " h " + m % 60 + " min" : m > 0 ? m + " min " + s % 60 + " s" : s + " s";
}
)js"
