// The page of a service in a real browser, see browser.js.
"use strict";

const assert = require("node:assert/strict");
const {test} = require("node:test");
const {lines, visit} = require("./browser.js");

const rows = page => page.$$eval("#routes tbody tr", found => found
  .map(row => [...row.children].map(cell => cell.textContent.trim()).join(" | ")));
const hash = async page => {
  await page.waitForFunction(() => location.hash.length > 1);
  return page.evaluate(() => location.hash);
};

test("a service's page begins with its routes", () => visit("service", "", async page => {
  assert.deepEqual(await rows(page), [
    "GET | /orders/{id} | 1,200 | 12 | 2.00 ms | 4.00 ms | 6.00 ms | 8.00 ms | 2.03 s | 70.5%",
    "POST | /orders | 40 | 0 | 25.0 ms | 50.0 ms | 75.0 ms | 100 ms | 20.0 ms | 29.4%",
    "GET | /health | 5,000 | 0 | 1.00 µs | 2.00 µs | 3.00 µs | 4.00 µs | 5.00 ms | 0.1%",
  ]);
  assert.match(await page.textContent("header"), /Routes3Requests6,240Errors12/);
  assert.equal(await page.getAttribute("#tab-routes", "aria-selected"), "true");
  if (process.env.SCREENSHOTS)
    await page.screenshot({path: process.env.SCREENSHOTS + "/routes.png"});
}));

test("columns sort the routes", () => visit("service", "", async page => {
  await page.click("#routes th.requests button");
  assert.deepEqual((await rows(page)).map(row => row.split(" | ")[1]), ["/health", "/orders/{id}", "/orders"]);
  assert.equal(await page.getAttribute("#routes th.requests", "aria-sort"), "descending");
  assert.match(await hash(page), /by=requests/);
  await page.click("#routes th.route button");
  assert.deepEqual((await rows(page)).map(row => row.split(" | ")[1]), ["/health", "/orders", "/orders/{id}"]);
  await page.fill("#search", "orders/");
  assert.equal((await rows(page)).length, 1);
}));

test("a route and a slow request open as trees of their own", () => visit("service", "", async page => {
  await page.click("#routes tr[data-route='1']");
  assert.equal(await page.textContent("#requests h2"), "POST /orders");
  await page.click("#requests >> text=Call tree");
  assert.deepEqual(await lines(page), ["1.000 POST /orders", "0.700 [await]", "0.300 store"]);
  await page.click("#tab-routes");
  await page.click("#requests >> text=/status 503, 2025-.*, request 230/");
  assert.deepEqual(await lines(page), ["0.210 POST /orders, request 230", "0.200 [await]", "0.010 store"]);
  await page.goBack();
  assert.equal((await rows(page)).length, 3);
}));

test("all routes together leave single requests out", () => visit("service", "#view=tree", async page => {
  const found = await lines(page);
  assert.equal(found[0], "3.405 all routes");
  assert.ok(!found.some(line => line.includes("request 17")));
  assert.match(await page.textContent("#threads"), /All 3 routes, apart/);
  await page.selectOption("#threads", "merged");
  assert.equal((await lines(page))[0], "3.405 all routes");
}));

test("the routes by keyboard", () => visit("service", "", async page => {
  await page.keyboard.press("1");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.textContent("#requests h2"), "POST /orders");
  await page.keyboard.press("End");
  assert.equal(await page.textContent("#requests h2"), "GET /health");
  await page.keyboard.press("Enter");
  assert.equal((await lines(page)).length, 1);
  await page.keyboard.press("2");
  assert.equal(await page.getAttribute("#tab-tree", "aria-selected"), "true");
}));

test("hostile routes stay text", () => visit("service_hostile", "", async page => {
  assert.equal(await page.textContent("#requests h2"), "G\uFFFD[31mET /</script><b>\uFFFD\uFFFD\"{x}\uFFFD");
  assert.match(await page.textContent("#requests ul"), /no status/);
}));

test("nothing served is a page that says so", () => visit("service_empty", "", async page => {
  assert.equal(await page.textContent("#nothing"), "No request has ended.");
  assert.ok(await page.isVisible("#nothing"));
}));
