// Opens the written pages in a real browser, for the tests beside this file. Needs VIEWER_PROGRAMS (the
// folder of the built programs) and the packages of package.json; a Chromium at /usr/bin/chromium or
// where CHROMIUM says.
"use strict";

const assert = require("node:assert/strict");
const {execFileSync} = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const {after, before} = require("node:test");
const {chromium} = require("playwright-core");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scopetree-html-"));
let browser;

before(async () => {
  execFileSync(path.join(process.env.VIEWER_PROGRAMS, "html"), [folder], {stdio: "inherit"});
  browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
                                   args: ["--no-sandbox"]});
});
after(async () => {
  await browser.close();
  fs.rmSync(folder, {recursive: true});
});

// Opens a page, hands it to `use`, and demands that it asked nobody for anything and complained about
// nothing.
async function visit(name, hash, use, settings = {}) {
  const context = await browser.newContext({viewport: {width: 1200, height: 800}, acceptDownloads: true,
                                            ...settings});
  const page = await context.newPage();
  const problems = [];
  page.on("console", message => problems.push(message.text()));
  page.on("pageerror", error => problems.push(error.stack));
  page.on("dialog", dialog => {
    problems.push("dialog: " + dialog.message());
    dialog.dismiss();
  });
  page.on("request", request => {
    if (!request.url().startsWith("file://" + folder) && !request.url().startsWith("data:") &&
        !request.url().startsWith("blob:"))
      problems.push("request: " + request.url());
  });
  await page.goto("file://" + path.join(folder, name + ".html") + hash);
  await use(page);
  assert.deepEqual(problems, []);
  await context.close();
}

// The lines in sight, as text: `time name`.
const lines = (page, view = "tree") => page.$$eval(`#view-${view} .row`, rows => rows
  .sort((a, b) => a.dataset.index - b.dataset.index)
  .map(row => row.querySelector(".time").textContent + " " + row.querySelector(".name").textContent));

module.exports = {lines, visit};
