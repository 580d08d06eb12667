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

// Opens a written page, see visitAddress.
const visit = (name, hash, use, settings) =>
  visitAddress("file://" + path.join(folder, name + ".html") + hash, "file://" + folder, use, settings);

// Opens a page, hands it to `use`, and demands that it asked nobody else for anything and complained
// about nothing, unless that was `expected`.
async function visitAddress(address, own, use, settings = {}, expected = /$^/) {
  const context = await browser.newContext({viewport: {width: 1200, height: 800}, acceptDownloads: true,
                                            ...settings});
  const problems = [];
  context.on("page", opened => { // the first one, and what it opens
    opened.on("console", message => problems.push(message.text()));
    opened.on("pageerror", error => problems.push(error.stack));
    opened.on("dialog", dialog => {
      problems.push("dialog: " + dialog.message());
      dialog.dismiss();
    });
  });
  const page = await context.newPage();
  context.on("request", request => {
    if (!request.url().startsWith(own) && !request.url().startsWith("data:") &&
        !request.url().startsWith("blob:"))
      problems.push("request: " + request.url());
  });
  await page.goto(address);
  await use(page);
  assert.deepEqual(problems.filter(problem => !expected.test(problem)), []);
  await context.close();
}

// The lines in sight, as text: `time name`.
const lines = (page, view = "tree") => page.$$eval(`#view-${view} .row`, rows => rows
  .sort((a, b) => a.dataset.index - b.dataset.index)
  .map(row => row.querySelector(".time").textContent + " " + row.querySelector(".name").textContent));

module.exports = {lines, visit, visitAddress};
