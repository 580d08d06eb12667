R"js(
// A tree of rows (ARIA: tree, treeitem; or grid, row) of which only those in sight are elements. A
// provider gives items {key, level, time, opens} and draws them; children are asked for when
// first needed.

const rowHeight = 24;
const indentLevels = 32; // then the indentation starts again at the margin, with the level's number

class TreeList {
  constructor(element, provider, name, isGrid = false) {
    this.isGrid = isGrid;
    this.provider = provider;
    this.choices = new Map(); // opened or closed by the user: key → boolean
    this.automatic = new Set();
    this.rows = [];
    this.drawn = new Map();
    this.current = null;
    this.list = make("div", {role: isGrid ? "grid" : "tree", "aria-label": name, class: "rows"});
    this.pane = make("div", {class: "pane"}, this.list);
    element.append(this.pane);
    on(this.pane, "scroll", () => this.draw());
    on(this.list, "keydown", event => this.key(event));
    on(this.list, "click", event => this.click(event));
    on(this.list, "focusin", event => {
      const item = this.itemOf(event.target);
      if (item && item !== this.current)
        this.choose(item, false);
    });
    new ResizeObserver(() => this.draw()).observe(this.pane);
  }

  // Starts anew from the provider's roots; what the user opened stays open.
  rebuild() {
    const key = this.current && this.current.key;
    this.roots = this.provider.roots();
    this.automatic.clear();
    if (this.provider.opensItself)
      this.openHeaviest(60);
    this.flatten();
    const same = this.rows.find(row => row.key === key);
    this.current = same || this.rows[0] || null;
    this.picked = this.picked && same !== undefined;
    this.redraw();
  }

  // Opens the heaviest lines first until about `wanted` are to be seen.
  openHeaviest(wanted) {
    const open = [...this.roots];
    let seen = open.length;
    while (seen < wanted && open.length) {
      let best = 0;
      for (let i = 1; i < open.length; ++i)
        if (open[i].time > open[best].time)
          best = i;
      const [item] = open.splice(best, 1);
      if (!item.opens || item.isSwitch || this.choices.get(item.key) === false)
        continue;
      this.automatic.add(item.key);
      const kids = this.kidsOf(item);
      seen += kids.length;
      open.push(...kids);
    }
  }

  kidsOf(item) {
    if (!item.kids) {
      item.kids = this.provider.children(item);
      item.kids.forEach((kid, i) => {
        kid.above = item;
        kid.position = i + 1;
        kid.siblings = item.kids.length;
      });
    }
    return item.kids;
  }

  isOpen(item) {
    const choice = this.choices.get(item.key);
    return item.opens && (choice === undefined ? this.automatic.has(item.key) : choice);
  }

  flatten() {
    this.rows = [];
    this.roots.forEach((root, i) => Object.assign(root, {position: i + 1, siblings: this.roots.length}));
    const pending = [...this.roots].reverse();
    while (pending.length) {
      const item = pending.pop();
      item.index = this.rows.length;
      this.rows.push(item);
      if (!item.isSwitch && this.isOpen(item)) {
        const kids = this.kidsOf(item);
        for (let i = kids.length; i-- > 0;)
          pending.push(kids[i]);
      }
    }
    this.list.style.height = this.rows.length * rowHeight + "px";
  }

  setOpen(item, open) {
    if (!item.opens)
      return;
    this.choices.set(item.key, open);
    // What has one child only is opened on.
    for (let only = item, steps = 0; open && !only.isSwitch && steps < 50; ++steps) {
      const kids = this.kidsOf(only);
      if (kids.length !== 1 || kids[0].isSwitch)
        break;
      this.automatic.add((only = kids[0]).key);
    }
    if (item.isSwitch)
      item.above.kids = undefined; // it changes what stands beside it
    this.flatten();
    if (item.isSwitch)
      this.current = this.rows.find(row => row.key === item.key) || item.above;
    this.redraw();
  }

  // Opens everything below the items, or closes it; the most that is opened at once is bounded.
  setAll(items, open) {
    const pending = [...items];
    for (let done = 0; pending.length && done < 200000; ++done) {
      const item = pending.pop();
      if (!item.opens || item.isSwitch)
        continue;
      if (open || item.kids)
        pending.push(...this.kidsOf(item));
      this.choices.set(item.key, open);
    }
    this.flatten();
    if (this.current && this.rows[this.current.index] !== this.current)
      this.current = this.rows[0];
    this.redraw();
  }

  redraw() {
    const focused = this.list.contains(document.activeElement);
    for (const element of this.drawn.values())
      element.remove();
    this.drawn.clear();
    this.draw();
    if (focused)
      this.focus();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.pane.scrollTop / rowHeight) - 5);
    const last = Math.min(this.rows.length,
                          Math.ceil((this.pane.scrollTop + this.pane.clientHeight) / rowHeight) + 5);
    const kept = this.current ? this.current.index : -1;
    for (const [index, element] of this.drawn)
      if ((index < first || index >= last) && index !== kept) {
        element.remove();
        this.drawn.delete(index);
      }
    for (let i = first; i < last; ++i)
      this.drawRow(i);
    if (kept >= 0 && kept < this.rows.length)
      this.drawRow(kept);
  }

  drawRow(index) {
    if (this.drawn.has(index))
      return;
    const item = this.rows[index];
    const open = item.opens ? this.isOpen(item) : undefined;
    const twisty = make("span", {class: "twisty" + (item.opens ? open ? " open" : " closed" : ""),
                                 "aria-hidden": "true"});
    const indent = span("indent");
    indent.style.width = item.level % indentLevels * 16 + "px";
    const deep = item.level >= indentLevels ? span("depth", item.level + "»") : "";
    const {cells, text, title, kind} = this.provider.draw(item);
    const names = span("text", ...(this.isGrid ? [] : [deep, indent, twisty]), ...text);
    const aria = this.isGrid ? {role: "row", "aria-rowindex": index + 1} : {
      role: "treeitem", "aria-level": item.level + 1, "aria-setsize": item.siblings,
      "aria-posinset": item.position, "aria-expanded": open === undefined ? undefined : String(open),
    };
    const row = make("div", {...aria, class: "row " + kind, title, tabindex: "-1", "data-index": index},
                     ...cells, names);
    if (this.isGrid)
      for (const cell of row.children)
        cell.setAttribute("role", "gridcell");
    row.style.top = index * rowHeight + "px";
    this.drawn.set(index, row);
    // In the order of the rows, as screen readers read them.
    const behind = [...this.list.children].find(other => Number(other.dataset.index) > index);
    this.list.insertBefore(row, behind || null);
    if (item === this.current)
      this.mark(row, true);
  }

  mark(row, chosen) {
    row.tabIndex = chosen ? 0 : -1;
    row.setAttribute("aria-selected", String(chosen && this.picked));
  }

  itemOf(target) {
    const row = target.closest(".row");
    return row && this.rows[Number(row.dataset.index)];
  }

  choose(item, focus = true) {
    const before = this.current && this.drawn.get(this.current.index);
    if (before)
      this.mark(before, false);
    this.current = item;
    this.picked = true;
    const top = item.index * rowHeight, height = this.pane.clientHeight;
    if (top < this.pane.scrollTop)
      this.pane.scrollTop = top;
    else if (top + rowHeight > this.pane.scrollTop + height)
      this.pane.scrollTop = top + rowHeight - height;
    this.draw();
    this.mark(this.drawn.get(item.index), true);
    if (focus)
      this.focus();
    this.provider.chosen(item);
  }

  focus() {
    const row = this.current && this.drawn.get(this.current.index);
    if (row)
      row.focus({preventScroll: true});
  }

  click(event) {
    const item = this.itemOf(event.target);
    if (!item)
      return;
    this.choose(item);
    if (item.isSwitch || event.target.closest(".twisty") || event.detail === 2)
      this.setOpen(item, !this.isOpen(item));
  }

  key(event) {
    const item = this.current;
    if (!item || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const page = Math.max(1, Math.floor(this.pane.clientHeight / rowHeight) - 1);
    const go = index => this.choose(this.rows[Math.max(0, Math.min(this.rows.length - 1, index))]);
    const actions = {
      ArrowDown: () => go(item.index + 1),
      ArrowUp: () => go(item.index - 1),
      PageDown: () => go(item.index + page),
      PageUp: () => go(item.index - page),
      Home: () => go(0),
      End: () => go(this.rows.length - 1),
      ArrowRight: () => {
        if (item.opens && !this.isOpen(item))
          this.setOpen(item, true);
        else if (!item.isSwitch && this.isOpen(item))
          go(item.index + 1);
      },
      ArrowLeft: () => {
        if (this.isOpen(item))
          this.setOpen(item, false);
        else if (item.above)
          this.choose(item.above);
      },
      Enter: () => this.setOpen(item, !this.isOpen(item)),
      " ": () => this.setOpen(item, !this.isOpen(item)),
      "*": () => this.setAll(item.above ? this.kidsOf(item.above) : this.roots, true),
    };
    const action = actions[event.key];
    if (!action)
      return;
    event.preventDefault();
    action();
  }
}
)js"
