R"js(
// The call tree: lines, what is too small for a line, and library frames folded as in the text report.

const callTree = {
  opensItself: true,

  roots() {
    const {tree, sums} = now;
    const shown = this.visible(0).kids;
    const only = shown.length === 1 && shown[0].time === sums.all && !shown[0].self;
    return [this.item(only ? shown[0] : {node: 0, time: sums.all}, 0, null)];
  },

  // The children of a node with enough time for a line, [self] among them, and what is left.
  visible(node) {
    const {tree: {first}, sums: {list, total, self, all}, range} = now;
    const least = all * state.threshold * (1 - 1e-12);
    const kids = [], small = [];
    let rest = 0;
    for (let i = first[node]; i < first[node + 1]; ++i) {
      const child = list[i], time = total[child];
      if (time < least || (time === 0 && (range || all > 0 && least > 0))) {
        small.push({node: child, time});
        rest += time;
      } else {
        kids.push({node: child, time});
      }
    }
    const own = self[node];
    if (own > 0 && own < least)
      rest += own;
    else if (own > 0 && kids.length + small.length > 0)
      kids.push({node, time: own, self: true});
    kids.sort((a, b) => b.time - a.time);
    if (kids.length === 1 && kids[0].self)
      kids.pop();
    return {kids, small, rest, smallSelf: own > 0 && own < least};
  },

  item({node, time, self}, level, group) {
    const item = {key: node * 4 + (self ? 1 : 0), node, time, self, level, group, opens: false};
    if (!self) {
      const {kids, small, rest} = this.visible(node);
      item.opens = kids.length > 0 || this.isTold(node, small, rest);
    }
    return item;
  },

  // Whether a line says what is too small for lines: it is worth one, or was asked for.
  isTold(node, small, rest) {
    return small.length > 0 && (rest > 0 && rest >= now.sums.all * state.threshold ||
                                views.tree.list.choices.has(node * 4 + 2));
  },

  isHidden(kid) {
    return kid.self || frames[now.tree.frame[kid.node]].hidden;
  },

  // Library frames that hang together below `root`; null if there is too little to fold.
  groupBelow(root) {
    if (!state.fold || root.level === 0 || !this.isHidden(root) ||
        !this.visible(root.node).kids.some(kid => this.isHidden(kid)))
      return null;
    const {sums: {self, all}, tree: {frame}} = now;
    const members = new Map(), libraries = new Set();
    const pending = [{node: root.node}];
    let hidden = 0;
    while (pending.length) {
      const member = pending.pop();
      const kids = member.self ? [] : this.visible(member.node).kids;
      const inside = kids.filter(kid => this.isHidden(kid));
      const own = member.self ? member.time : self[member.node];
      const shown = member.node === root.node && !member.self || own > 0.2 * all || inside.length < kids.length;
      members.set(member.node * 4 + (member.self ? 1 : 0), shown);
      hidden += shown ? 0 : 1;
      const library = frames[frame[member.node]].library;
      if (library)
        libraries.add(library);
      pending.push(...inside.reverse());
    }
    return hidden < 2 ? null : {key: root.node * 4 + 3, members, hidden, libraries: [...libraries].join(", ")};
  },

  children(item) {
    const list = views.tree.list;
    const {kids, small, rest, smallSelf} = this.visible(item.node);
    const level = item.level + 1;
    const lines = [];
    let group = item.group;
    if (!group && (group = this.groupBelow(item)))
      lines.push({key: group.key, level, time: 0, group, node: item.node, isSwitch: true, opens: true});
    const folded = group && !list.choices.get(group.key);
    const pending = kids.reverse();
    while (pending.length) {
      const kid = pending.pop();
      const shown = group && group.members.get(kid.node * 4 + (kid.self ? 1 : 0));
      if (shown === false && folded) {
        if (!kid.self)
          pending.push(...this.visible(kid.node).kids.reverse());
        continue;
      }
      lines.push(this.item(kid, level, shown === undefined ? null : group));
    }
    if (!this.isTold(item.node, small, rest) || folded)
      return lines;
    const more = {key: item.node * 4 + 2, level, time: rest, node: item.node,
                  words: plural(small.length, "smaller call") + (smallSelf ? " and self" : ""),
                  isSwitch: true, opens: true};
    lines.push(more);
    if (list.choices.get(more.key))
      lines.push(...small.map(kid => this.item(kid, level, null)));
    return lines;
  },

  draw(item) {
    const {tree, sums} = now;
    const frame = tree.frame[item.node];
    const cells = timeCells(item.time, item.self ? item.time : sums.self[item.node]);
    if (item.isSwitch && item.group) {
      const words = item.group.hidden + " frames " +
                    (views.tree.list.choices.get(item.group.key) ? "of libraries shown" : "hidden");
      return {kind: "switch", title: "Enter or a click shows or folds them",
              cells: timeCells(), text: [span("name library", "[" + words + "]"),
                                         span("place", item.group.libraries)]};
    }
    if (item.isSwitch)
      return {kind: "switch", title: "each below the threshold of " + 100 * state.threshold + " %",
              cells: timeCells(item.time),
              text: [span("name library", "[" + item.words + "]")]};
    if (item.self)
      return {kind: "self", cells, title: "time in " + frames[frame].name + " itself",
              text: [span("name library", "[self]"),
                     span("place", frames[frame].path)]};
    const entries = tree.entries.get(item.node);
    return {kind: "call", cells, title: describe(frames[frame]),
            text: label(frame, entries && scopeFigures(entries, state.clock))};
  },

  chosen(item) {
    change({node: item.node}, {quietly: true});
  },

  // Opens what stands above a node and moves there.
  reveal(node) {
    const list = views.tree.list;
    const wanted = new Set(pathTo(now.tree, node));
    let item = list.roots[0];
    for (let steps = wanted.size * 3; item && item.node !== node && steps > 0; --steps) {
      list.choices.set(item.key, true);
      const next = list.kidsOf(item).find(kid => !kid.isSwitch && !kid.self && wanted.has(kid.node));
      if (!next) {
        const isFolded = item.group && !list.choices.get(item.group.key);
        const closed = item.kids.find(kid => kid.isSwitch && !list.choices.get(kid.key));
        list.choices.set(isFolded ? item.group.key : closed ? closed.key : item.node * 4 + 2, true);
        item.kids = undefined;
        item.opens = true;
        continue;
      }
      item = next;
    }
    list.flatten();
    list.redraw();
    if (item)
      list.choose(item);
  },
};

// The columns before a line's name: total with its share as a bar, and self.
function timeCells(time, self) {
  const all = now.sums.all;
  const known = time !== undefined;
  return [
    span("time", known ? seconds(time) : ""),
    span("share", known ? percent(time, all) : ""),
    known ? bar(time, all) : span(""),
    span("own", Number(self && seconds(self)) ? seconds(self) : ""),
  ];
}
)js"
