// html_page.js PAGE: opens a page five times in Chromium; prints the median of every time, in milliseconds.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const {chromium} = require("playwright-core");

// In the page: does it, lays everything out, and returns how long that took.
const timed = ([id, value, type]) => {
  const element = document.getElementById(id);
  const started = performance.now();
  if (type === "click") {
    element.click();
  } else {
    element.value = value;
    element.dispatchEvent(new Event(type));
  }
  document.body.getBoundingClientRect();
  return performance.now() - started;
};

const steps = [
  ["search, call tree", "search", "component_7::", "input"],
  ["no search", "search", "", "input"],
  ["threshold 0, call tree", "threshold", "0", "change"],
  ["open all lines", "open-all", "", "click"],
  ["close all lines", "close-all", "", "click"],
  ["all threads merged", "threads", "merged", "change"],
  ["flame graph", "tab-flame", "", "click"],
  ["range, flame graph", "range-to", "1000000000", "input"],
  ["functions", "tab-table", "", "click"],
  ["range, functions", "range-to", "2000000000", "input"],
  ["inverted tree", "tab-inverted", "", "click"],
  ["range, inverted tree", "range-to", "1000000000", "input"],
  ["timeline", "tab-timeline", "", "click"],
  ["range, timeline", "range-to", "2000000000", "input"],
  ["range, call tree", "tab-tree", "", "click"],
];

async function measure(browser, page_path) {
  const page = await browser.newPage({viewport: {width: 1280, height: 800}});
  await page.goto("file://" + path.resolve(page_path));
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const times = [await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime)];
  for (const [, ...action] of steps)
    times.push(await page.evaluate(timed, action));
  await page.close();
  return times;
}

(async () => {
  const browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
                                         args: ["--no-sandbox"]});
  const runs = [];
  for (let i = 0; i < 5; ++i)
    runs.push(await measure(browser, process.argv[2]));
  await browser.close();
  console.log(`HTML report of ${(fs.statSync(process.argv[2]).size / 1e6).toFixed(1)} MB, ms`);
  ["first paint, all parsed and drawn", ...steps.map(([name]) => name)].forEach((name, i) => {
    const median = runs.map(run => run[i]).sort((a, b) => a - b)[2];
    console.log(name.padEnd(36) + median.toFixed(1).padStart(8));
  });
})();
