// The HTML report in a real browser, see browser.js.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const {test} = require("node:test");
const {lines, visit} = require("./browser.js");

const focused = page => page.evaluate(() => document.activeElement.querySelector(".name")?.textContent);
// The address follows after a while.
async function hash(page) {
  await page.waitForTimeout(300);
  return page.evaluate(() => location.hash);
}

test("the call tree reads like the text report", () => visit("ordinary", "", async page => {
  assert.deepEqual(await lines(page), [
    "2.006 main",
    "1.282 ▸ sort and sum",
    "0.957 std::list<int>::sort",
    " [5 frames hidden]",
    "0.325 std::accumulate<std::_List_iterator<int>, long>",
    "0.408 random_numbers",
    "0.408 ▸ random_numbers",
    "0.377 add",
    "0.364 ▸ add",
    "0.364 std::list<int>::push_back",
    " [2 frames hidden]",
    "0.030 fill",
    "0.030 add",
    "0.290 ▸ save",
    "0.285 write_file",
    "0.026 [1 smaller call and self]",
  ]);
  const text = await page.textContent("#view-tree");
  assert.match(text, /×1,204,331 {2}302 ns each/);
  assert.match(text, /×12 {2}24\.2 ms each {2}min 1\.20 ms {2}p99 88\.0 ms {2}max 90\.0 ms/);
  assert.match(text, /quickstart\.cpp:24/);
  assert.match(text, /fillinlined/);
  assert.match(await page.getAttribute("#view-tree .row[data-index='2']", "title"),
               /void std::__cxx11::list<int, std::allocator<int> >::sort\(\)\nbits\/list.tcc:481/);
  assert.match(await page.textContent("header"), /\.\/quickstart --count 1000000[^]*Duration2\.006 s.*Overhead3\.8%/);
}));

test("library frames and small calls open and close", () => visit("ordinary", "", async page => {
  await page.click("text=[5 frames hidden]");
  assert.ok((await lines(page)).includes("0.927 std::__detail::_Scratch_list::merge<int>"));
  await page.click("text=[5 frames of libraries shown]");
  assert.ok(!(await lines(page)).includes("0.927 std::__detail::_Scratch_list::merge<int>"));
  await page.click("text=[1 smaller call and self]");
  assert.ok((await lines(page)).includes("0.006 tiny"));
  await page.uncheck("#fold");
  assert.ok((await lines(page)).includes("0.400 std::__detail::_Scratch_list::_Ptr_cmp::operator()"));
  await page.selectOption("#threshold", "0.05");
  assert.ok(!(await lines(page)).includes("0.030 fill"));
  await page.click("#close-all");
  assert.deepEqual(await lines(page), ["2.006 main"]);
  await page.click("#open-all");
  assert.ok((await lines(page)).length > 10);
}));

test("the tree by keyboard, as ARIA has it", () => visit("ordinary", "", async page => {
  await page.focus("[role=treeitem][tabindex='0']");
  assert.equal(await page.locator("#view-tree [tabindex='0']").count(), 1);
  assert.equal(await focused(page), "main");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "▸ sort and sum");
  const item = page.locator("#view-tree [role=treeitem][tabindex='0']");
  assert.equal(await item.getAttribute("aria-expanded"), "true");
  assert.equal(await item.getAttribute("aria-level"), "2");
  assert.equal(await item.getAttribute("aria-posinset"), "1");
  assert.equal(await item.getAttribute("aria-selected"), "true");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await item.getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "random_numbers");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(page), "std::list<int>::sort");
  await page.keyboard.press("End");
  assert.equal(await focused(page), "[1 smaller call and self]");
  await page.keyboard.press("Enter");
  assert.ok((await lines(page)).includes("0.006 tiny"));
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  assert.deepEqual(await lines(page), ["2.006 main"]);
  await page.keyboard.press("*");
  assert.ok((await lines(page)).length > 10);
}));

test("every view opens, by mouse and by key", () => visit("ordinary", "", async page => {
  const views = ["tree", "flame", "table", "inverted", "timeline"];
  for (const [i, view] of views.entries()) {
    await page.keyboard.press(String(i + 1));
    assert.ok(await page.isVisible("#view-" + view));
    assert.equal(await page.locator("main > section:visible").count(), 1);
  }
  for (const view of views) {
    await page.click("#tab-" + view);
    assert.equal(await page.getAttribute("#tab-" + view, "aria-selected"), "true");
  }
  await page.keyboard.press("ArrowRight");
  assert.ok(await page.isVisible("#view-tree"));
  await page.keyboard.press("?");
  assert.ok(await page.isVisible("#help"));
  await page.keyboard.press("Escape");
  assert.ok(!await page.isVisible("#help"));
}));

test("functions: self, total, calls; callers and callees", () => visit("ordinary", "#view=table", async page => {
  const rows = await lines(page, "table");
  assert.equal(rows[0], "0.400 std::__detail::_Scratch_list::_Ptr_cmp::operator()");
  assert.equal(rows.length, 19);
  await page.click("#view-table .row:has-text('quickstart.cpp:9')");
  const panel = await page.textContent("#neighbours");
  assert.match(panel, /0\.407 s in it and what it calls, 0\.043 s in itself/);
  assert.match(panel, /Called by0\.37792\.6%▸ random_numbers.*0\.0307\.4%fill/);
  assert.match(panel, /Where its time goes0\.36489\.4%▸ add.*0\.04310\.6%\[self\]/);
  await page.click(".neighbour:has-text('fill')");
  assert.match(await hash(page), /function=\d+/);
  assert.match(await page.textContent("#neighbours h2"), /fill/);
  await page.click(".head-calls");
  assert.equal((await lines(page, "table"))[0], "0.000 ▸ add");
  await page.click(".head-total");
  assert.equal((await lines(page, "table"))[0], "0.020 main");
  await page.goBack();
  await page.focus("#view-table .row[tabindex='0']");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator("#view-table .row[aria-selected=true]").count(), 1);
}));

test("the inverted tree adds up to all", () => visit("ordinary", "#view=inverted", async page => {
  const rows = await lines(page, "inverted");
  const sum = rows.reduce((total, row) => total + parseFloat(row), 0);
  assert.equal(sum.toFixed(3), "2.006");
  await page.focus("#view-inverted [tabindex='0']");
  await page.keyboard.press("ArrowRight");
  assert.deepEqual((await lines(page, "inverted")).slice(0, 5), [
    "0.400 std::__detail::_Scratch_list::_Ptr_cmp::operator()",
    "0.400 std::__detail::_Scratch_list::merge<int>",
    "0.400 std::list<int>::sort",
    "0.400 ▸ sort and sum",
    "0.400 main",
  ]);
}));

test("the flame graph: keys, zoom, breadcrumb, time order", () => visit("threads", "#view=flame", async page => {
  await page.focus("#flame-canvas");
  const status = () => page.textContent("#flame-status");
  await page.keyboard.press("ArrowDown");
  assert.match(await status(), /all threads/);
  await page.keyboard.press("ArrowDown");
  assert.match(await status(), /worker, 1 of 2/);
  await page.keyboard.press("ArrowRight");
  assert.match(await status(), /worker, 2 of 2/);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.match(await status(), /^▸ job\nworker\.cpp:8\n1\.100 s, 25\.0% of all$/);
  await page.keyboard.press("Enter");
  assert.deepEqual(await page.$$eval("#flame-path button", all => all.map(one => one.textContent)),
                   ["all threads", "worker, 1 of 2", "run", "job"]);
  assert.match(await hash(page), /zoom=\d/);
  await page.click("#flame-path >> text=run");
  assert.equal(await page.locator("#flame-path li").count(), 3);
  await page.goBack();
  assert.equal(await page.locator("#flame-path li").count(), 4);
  await page.focus("#flame-canvas");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#flame-path li").count(), 1);
  await page.check("input[value=time]", {force: true});
  const box = await page.locator("#flame-canvas").boundingBox();
  await page.mouse.click(box.x + 10, box.y + 50);
  assert.match(await page.textContent("#details-name"), /^load$/);
  await page.mouse.dblclick(box.x + box.width / 2, box.y + 50);
  assert.match(await page.textContent("#flame-path"), /handle/);
}));

test("without a timeline the page says how to record one", () => visit("ordinary", "#view=timeline", async page => {
  assert.match(await page.textContent("#view-timeline:visible"), /SCOPETREE_TIMELINE=on/);
  assert.ok(!await page.isVisible("#timeline-full"));
  await page.click("#tab-flame");
  await page.check("input[value=time]", {force: true});
  assert.match(await page.textContent("#flame-note:visible"), /SCOPETREE_TIMELINE=on/);
}));

test("a range chosen in the timeline filters all views", () => visit("threads", "#view=timeline&threads=0", async page => {
  const box = await page.locator("#timeline-canvas").boundingBox();
  const area = box.width - 130 - 12, at = time => box.x + 130 + area * time / 1.6;
  await page.mouse.move(at(0.2), box.y + 40);
  await page.mouse.down();
  await page.mouse.move(at(0.5), box.y + 40, {steps: 5});
  await page.mouse.up();
  const [from, to] = (await hash(page)).match(/range=(\d+)-(\d+)/).slice(1).map(Number);
  assert.ok(Math.abs(from - 2e8) < 3e6 && Math.abs(to - 5e8) < 3e6, from + " " + to);
  // 0.2 s to 0.4 s in `load`, the rest in `parse`.
  const close = (text, wanted) => assert.ok(Math.abs(parseFloat(text) - wanted) < 0.005, text + " " + wanted);
  await page.click("#tab-tree");
  let rows = await lines(page);
  assert.deepEqual(rows.map(row => row.slice(6)), ["main", "load", "▸ handle", "parse"]);
  rows.forEach((row, i) => close(row, [0.3, 0.2, 0.1, 0.1][i]));
  await page.click("#tab-table");
  rows = await lines(page, "table");
  close(rows.find(row => row.endsWith(" load")), 0.2);
  close(rows.find(row => row.endsWith(" answer")), 0);
  await page.click("#tab-inverted");
  rows = await lines(page, "inverted");
  assert.deepEqual(rows.map(row => row.slice(6)), ["load", "parse"]);
  await page.click("#tab-flame");
  await page.focus("#flame-canvas");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.textContent("#flame-status"), /0\.(29|30)\d s, 100\.0% of all/);
  await page.keyboard.press("x");
  assert.ok(!(await hash(page)).includes("range"));
  // The same by keys alone.
  await page.click("#tab-timeline");
  await page.focus("#timeline-canvas");
  await page.keyboard.press("Home");
  for (let i = 0; i < 5; ++i)
    await page.keyboard.press("Shift+ArrowRight");
  assert.match(await hash(page), /range=0-160000000/);
  await page.keyboard.press("Escape");
  assert.ok(!(await hash(page)).includes("range"));
  await page.focus("#range-to");
  await page.keyboard.press("PageDown");
  assert.match(await hash(page), /range=0-\d+/);
  assert.ok(await page.isVisible("#range-chip"));
}));

test("CPU time in a range is estimated from each place's share", () =>
  visit("threads", "#threads=0&clock=cpu&range=800000000-1200000000", async page => {
    assert.deepEqual(await lines(page), ["0.035 main", "0.035 ▸ handle", "0.035 answer", "0.030 [self]", "0.005 write"]);
  }));

test("threads apart, merged and alone; wall and CPU", () => visit("threads", "", async page => {
  assert.deepEqual((await lines(page)).slice(0, 3), ["4.400 all threads", "1.600 worker, 1 of 2", "1.600 run"]);
  await page.selectOption("#threads", "merged");
  const merged = await lines(page);
  assert.ok(merged.includes("3.200 run"));
  assert.ok(merged.includes("1.400 ▸ job"));
  assert.match(await page.textContent("#view-tree"), /×444/);
  await page.selectOption("#threads", "1");
  assert.equal((await lines(page))[0], "1.600 run");
  await page.keyboard.press("Escape");
  await page.focus("#tab-tree");
  await page.keyboard.press("w");
  assert.equal((await lines(page))[0], "1.100 run");
}));

test("search: the share that matches, and the way to the matches", () => visit("ordinary", "", async page => {
  await page.keyboard.press("/");
  await page.keyboard.type("malloc");
  // malloc and sysmalloc below it: 290 + 10 of 2,006 ms, counted once.
  assert.equal(await page.textContent("#share"), "2 matches: 15.0% of the time, 0.300 s");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "malloc");
  assert.equal(await page.textContent("#details-name"), "malloc");
  await page.click("#tab-table");
  assert.deepEqual(await lines(page, "table"), ["0.290 malloc", "0.010 sysmalloc"]);
  await page.fill("#search", "ADD");
  assert.equal(await page.textContent("#share"), "2 matches: 20.3% of the time, 0.407 s");
  await page.fill("#search", "no such thing");
  assert.equal(await page.textContent("#share"), "No match");
}));

test("hostile names show as text", () => visit("hostile", "#threshold=0", async page => {
  const names = (await lines(page)).map(line => line.slice(6));
  for (const name of ["</script><script>document.title='owned'</script>", "<!--", "<img src=x onerror=alert(1)>",
                      "\"'`${1}\\", "__proto__", "constructor", "bell\ufffd escape\ufffd[2J tab\ufffd line\ufffd end",
                      "right-to-left \ufffd evil", "not UTF-8 \ufffd\ufffd\ufffd", "&lt;b&gt;", "größe<ä, 漢字, 😀>"])
    assert.ok(names.includes(name), name);
  assert.match(await page.title(), /scopetree$/);
  assert.equal(await page.textContent("#program"), "<script>alert('program')</script> --!> \ufffd");
  assert.equal(await page.locator("img, main script, header script").count(), 0);
  for (const view of ["flame", "table", "inverted"]) {
    await page.click("#tab-" + view);
    await page.fill("#search", "<");
  }
  assert.match(await page.textContent("#share"), /^4 matches|^5 matches/);
}));

test("an empty session helps", () => visit("empty", "", async page => {
  assert.match(await page.textContent("#nothing:visible"), /No samples were recorded/);
  for (const view of ["flame", "table", "inverted", "timeline"])
    await page.click("#tab-" + view);
}));

test("the hash restores the state", async () => {
  let address;
  await visit("threads", "", async page => {
    await page.selectOption("#threads", "1");
    await page.check("input[value=cpu]", {force: true});
    await page.fill("#search", "compress");
    await page.selectOption("#threshold", "0.05");
    await page.uncheck("#fold");
    await page.selectOption("#theme", "dark");
    await page.click("#view-tree .row:has-text('job')");
    address = await hash(page);
  });
  await visit("threads", address, async page => {
    assert.equal(await page.inputValue("#threads"), "1");
    assert.ok(await page.isChecked("input[value=cpu]"));
    assert.equal(await page.inputValue("#search"), "compress");
    assert.equal(await page.inputValue("#threshold"), "0.05");
    assert.ok(!await page.isChecked("#fold"));
    assert.equal(await page.textContent("#details-name"), "▸ job");
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    assert.equal(await hash(page), address);
  });
  for (const nonsense of ["#view=constructor&threads=length&range=9-1&zoom=-4&node=1e99&threshold=x&function=NaN",
                          "#threads=__proto__&view=&range=a-b&sort=toString", "#%ff&&&=", "#zoom=1.5&node=0.5&function=0.5"])
    await visit("threads", nonsense, async page => {
      assert.ok((await lines(page)).length > 5);
      for (const view of ["flame", "table", "inverted", "timeline"])
        await page.click("#tab-" + view);
    });
});

async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  return {name: download.suggestedFilename(), text: fs.readFileSync(await download.path(), "utf8")};
}

test("downloads hold what is shown", () => visit("threads", "", async page => {
  const folded = await saved(page, "#save-folded");
  assert.equal(folded.name, "server.folded");
  const stacks = folded.text.trim().split("\n");
  assert.ok(stacks.includes("main;main;handle;answer;write 100000000"));
  const total = stacks.reduce((sum, line) => sum + Number(line.match(/ (\d+)$/)[1]), 0);
  assert.equal(total, 4.4e9);
  const speedscope = await saved(page, "#save-speedscope");
  assert.equal(speedscope.name, "server.speedscope.json");
  const file = JSON.parse(speedscope.text);
  assert.equal(file.profiles.length, 3);
  for (const profile of file.profiles) {
    assert.equal(profile.samples.length, profile.weights.length);
    assert.equal(profile.weights.reduce((sum, weight) => sum + weight, 0), profile.endValue);
    for (const frame of profile.samples.flat())
      assert.ok(file.shared.frames[frame].name);
  }
  assert.equal(file.profiles.reduce((sum, profile) => sum + profile.endValue, 0), 4.4e9);
  const schema = require("speedscope/dist/release/file-format-schema.json".replace("file-format-schema.json",
    fs.readdirSync(path.join(path.dirname(require.resolve("speedscope/package.json")), "dist/release"))
      .find(name => /^file-format-schema.*json$/.test(name))));
  const Ajv = require("ajv");
  const validate = new Ajv({strict: false}).compile(schema);
  assert.ok(validate(file), JSON.stringify(validate.errors));
}));

test("downloads follow threads, clock and range", () =>
  visit("threads", "#threads=0&clock=cpu&range=800000000-1200000000", async page => {
    const {text} = await saved(page, "#save-folded");
    assert.deepEqual(text, "main;main;handle;answer 30000000\nmain;main;handle;answer;write 5000000\n");
  }));

test("the stack is copied", () => visit("ordinary", "#search=sysmalloc", async page => {
  await page.keyboard.press("n");
  await page.keyboard.press("c");
  await page.waitForFunction(() => document.getElementById("announcement").textContent !== "");
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(text.trim().split("\n").slice(0, 3),
                   ["sysmalloc  malloc/malloc.c:2550", "malloc  malloc/malloc.c:3294",
                    "std::list<int>::push_back  bits/stl_list.h:1306"]);
  assert.equal(text.trim().split("\n").length, 9);
}, {permissions: ["clipboard-read", "clipboard-write"]}));

test("100,000 levels deep", () => visit("deep", "", async page => {
  await page.click("#open-all");
  await page.focus("#view-tree [tabindex='0']");
  await page.keyboard.press("End");
  assert.match(await focused(page), /^function_/);
  assert.equal(await page.getAttribute("#view-tree .row[tabindex='0']", "aria-level"), "99990");
  for (const view of ["flame", "table", "inverted"])
    await page.click("#tab-" + view);
  await page.focus("#view-inverted [tabindex='0']");
  await page.keyboard.press("ArrowRight");
  const {text} = await saved(page, "#save-folded");
  assert.equal(text.split(";").length, 99991);
}));

test("100,000 nodes: every view answers", () => visit("large", "", async page => {
  for (const view of ["flame", "table", "inverted", "timeline", "tree"])
    await page.click("#tab-" + view);
  await page.fill("#search", "component_7::");
  assert.match(await page.textContent("#share"), /^\d+ matches: \d/);
  await page.keyboard.press("Enter");
  assert.match(await focused(page), /component_7::/);
  await page.selectOption("#threads", "merged");
  await page.selectOption("#threshold", "0");
  await page.click("#open-all");
  assert.equal(await page.textContent("#view-tree .row[data-index='0'] .share"), "100.0%");
}));

test("what was thinned out is said", () => visit("thinned", "#threshold=0", async page => {
  assert.match(await page.textContent("#notes"), /leaves out the [\d,]+ nodes/);
  assert.match(await page.textContent("#view-tree .row[data-index='0']"), /100\.0%/);
}));

for (const colorScheme of ["light", "dark"])
  test("colours: " + colorScheme, () => visit("ordinary", "", async page => {
    const color = selector => page.$eval(selector, element => getComputedStyle(element).color);
    const background = await page.$eval("main", element => getComputedStyle(element).backgroundColor);
    const brightness = text => text.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
    const difference = brightness(await color(".row .name")) - brightness(background);
    assert.ok(colorScheme === "light" ? difference < -450 : difference > 450, String(difference));
  }, {colorScheme}));
