// The live endpoint's page in a real browser, see browser.js.
"use strict";

const assert = require("node:assert/strict");
const {execFileSync, spawn} = require("node:child_process");
const path = require("node:path");
const {once} = require("node:events");
const {test} = require("node:test");
const {lines, visitAddress} = require("./browser.js");

// Starts the server that shows `what`, and ends it when `use` is done with the address.
async function serving(what, use) {
  const program = spawn(path.join(process.env.VIEWER_PROGRAMS, "live"), [what], {
    stdio: ["pipe", "pipe", "ignore"]}); // stderr: the report at its end
  try {
    const [address] = await once(program.stdout.setEncoding("utf8"), "data");
    await use(address.trim(), program);
  } finally {
    if (program.exitCode === null) {
      program.stdin.end();
      await once(program, "exit");
    }
  }
}
const visit = (what, use, settings) =>
  serving(what, (address, program) => visitAddress(address, address, page => use(page, address, program), settings));

const filled = page => page.waitForFunction(() => document.body.dataset.state !== undefined);
const rows = (page, table) => page.$$eval(`#${table} tbody tr`, found => found
  .map(row => [...row.cells].map(cell => cell.textContent.trim()).join(" | ")));

async function shoot(page, name) {
  if (process.env.SCREENSHOTS)
    await page.screenshot({path: path.join(process.env.SCREENSHOTS, name + ".png"), fullPage: true});
}

// What opens in a page of its own.
async function opened(page, click) {
  const [next] = await Promise.all([page.context().waitForEvent("page"), click()]);
  await next.waitForLoadState();
  return next;
}

test("the page shows routes, slowest requests and threads", () => visit("busy", async page => {
  await filled(page);
  assert.match((await rows(page, "routes"))[0], /^GET \/orders\/\{id\} \| 1,\d+ \|/);
  assert.equal((await rows(page, "routes")).length, 5);
  assert.match((await rows(page, "slowest"))[0], /^GET \/orders\/\{id\} \| 813 ms \|/);
  assert.match((await rows(page, "threads"))[0], /^main \| 4711 \| 2\.00 s \| 5\.00 ms \|.*100\.0% {2}accept$/);
  assert.equal(await page.textContent("#program"), "./shop --port 8080");
  await shoot(page, "live-light");
}));

test("the figures change without a new page, until they are stopped", () => visit("busy", async page => {
  await filled(page);
  await page.evaluate(() => { window.mark = "still the same page"; });
  const link = page.locator("#routes tbody a").first();
  await link.focus();
  const before = (await rows(page, "routes"))[0];
  await page.waitForFunction(text => document.querySelector("#routes tbody tr").textContent !== text,
                             await page.locator("#routes tbody tr").first().textContent());
  assert.notEqual((await rows(page, "routes"))[0], before);
  await page.waitForFunction(() => document.querySelector("#routes tbody tr").cells[2].textContent === "10"); // 30 in 3 s
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "GET /orders/{id}");
  assert.equal(await page.evaluate(() => window.mark), "still the same page");
  await page.keyboard.press("p");
  assert.equal(await page.getAttribute("#pause", "aria-pressed"), "true");
  await page.waitForFunction(() => document.getElementById("state").textContent.startsWith("paused"));
  let asked = 0;
  page.on("request", () => ++asked);
  await page.waitForTimeout(4000);
  assert.equal(asked, 0);
  await page.click("#pause");
  await page.waitForFunction(() => document.body.dataset.state === "live");
  assert.ok(asked > 0);
}));

test("a slow request opens its own tree, a route that of all its requests", () => visit("busy", async page => {
  await filled(page);
  const request = await opened(page, () => page.click("#slowest tbody tr:nth-child(3) a"));
  assert.deepEqual(await lines(request), ["0.210 POST /orders, request 230", "0.200 [await]", "0.010 store"]);
  await request.close();
  await page.focus("#routes tbody tr:nth-child(2) a");
  const route = await opened(page, () => page.keyboard.press("Enter"));
  assert.deepEqual(await lines(route), ["1.000 POST /orders", "0.700 [await]", "0.300 store"]);
  await route.close();
  await page.check("input[value=cpu]", {force: true});
  const cpu = await opened(page, () => page.click("#routes tbody tr:nth-child(2) a"));
  assert.ok(await cpu.isChecked("input[value=cpu]"));
  await cpu.close();
  const all = await opened(page, () => page.click("text=All in one report"));
  assert.equal(await all.locator("#routes tbody tr").count(), 5);
}));

test("hostile names are text", () => visit("hostile", async page => {
  await filled(page);
  assert.equal(await page.textContent("#program"), "</script><img src=x onerror=alert(1)>\ufffd");
  assert.equal(await page.locator("img, main script").count(), 0);
  assert.match((await rows(page, "routes"))[0], /<\/script><b>\ufffd.*"\{x\}/);
  await shoot(page, "live-hostile");
  const route = await opened(page, () => page.click("#routes tbody a"));
  assert.deepEqual(await lines(route), ["0.030 work"]);
}));

test("an empty service says what is missing", () => visit("empty", async page => {
  await filled(page);
  assert.match(await page.textContent("#routes-empty:visible"), /No request has ended yet/);
  assert.ok(await page.isVisible("#slowest-empty"));
  assert.ok(await page.isVisible("#threads-empty"));
  await shoot(page, "live-empty");
}));

test("a thousand routes are not all shown", () => visit("crowded", async page => {
  await filled(page);
  assert.equal((await rows(page, "routes")).length, 100);
  assert.match(await page.textContent("#routes-more:visible"), /and 900 more/);
  assert.match(await page.textContent("#slowest-more:visible"), /and 1,900 more/);
  assert.ok(!await page.isVisible("#threads-more"));
  const all = await opened(page, () => page.click("#routes-more a"));
  assert.equal(JSON.parse(await all.textContent("body")).routes.length, 1000);
}));

test("a program that goes away is waited for", () => serving("busy", (address, program) =>
  visitAddress(address, address, async page => {
    await filled(page);
    program.stdin.end();
    await once(program, "exit");
    await page.waitForFunction(() => document.body.dataset.state === "lost");
    assert.match(await page.textContent("#trouble"), /does not answer/);
    assert.equal((await rows(page, "routes")).length, 5);
    await shoot(page, "live-lost");
  }, {}, /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE/)));

test("profiles that cannot be taken are explained", () => serving("broken", address =>
  visitAddress(address, address, async page => {
    await filled(page);
    assert.equal(await page.textContent("#trouble"), "Nothing is profiled in <this> process.");
    assert.equal((await rows(page, "routes")).length, 5);
    const text = await opened(page, () => page.click("#take tbody tr:nth-child(3) >> text=Text"));
    assert.match(await text.textContent("body"), /Nothing is profiled/);
  }, {}, /503/)));

test("profiles of a process that works", () => visit("live", async page => {
  await page.waitForFunction(() => /roots|main::|work/.test(document.getElementById("threads").textContent));
  assert.match((await rows(page, "threads")).join("\n"), /worker \|/);
  await shoot(page, "live-real");
  const report = await opened(page, () => page.click("#take tbody tr:nth-child(1) >> text=Report"));
  assert.match((await lines(report)).join("\n"), /▸ roots/);
  const [download] = await Promise.all([page.waitForEvent("download"),
                                        page.click("#take tbody tr:nth-child(3) >> text=pprof")]);
  assert.equal(download.suggestedFilename(), "profile.pb.gz");
  const read = execFileSync("go", ["tool", "pprof", "-top", await download.path()], {encoding: "utf8"});
  assert.match(read, /work/);
}));

test("go tool pprof reads a live process", () => serving("live", address => {
  const read = execFileSync("go", ["tool", "pprof", "-top", address + "debug/pprof/profile?seconds=1"],
                            {encoding: "utf8", stdio: ["ignore", "pipe", "pipe"]});
  assert.match(read, /Type: wall\n[^]*work/);
}));

for (const [name, settings] of [["dark", {colorScheme: "dark"}], ["narrow", {viewport: {width: 400, height: 800}}]])
  test("the page fits: " + name, () => visit("busy", async page => {
    await filled(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await shoot(page, "live-" + name);
  }, settings));
