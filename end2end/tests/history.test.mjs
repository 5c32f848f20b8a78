// A history from somebody else's table becomes a page that a person can read.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, context, watchedPage } from '../lib/browser.mjs';

let home;
let server;
let browser;

/** The table as the repository keeps it. */
async function historyFile() {
  if (process.env.PINGJI_HISTORY_FILE) return process.env.PINGJI_HISTORY_FILE;
  for (const entry of await readdir(product.root, { recursive: false, withFileTypes: true })) {
    if (!entry.isDirectory() || ['target', '.git', 'node_modules', 'end2end', 'var'].includes(entry.name)) continue;
    const inside = await readdir(path.join(product.root, entry.name), { recursive: true });
    const found = inside.find((file) => path.basename(file) === 'cylinder_431325_history.csv');
    if (found) return path.join(product.root, entry.name, found);
  }
  throw new Error('the repository holds no cylinder_431325_history.csv');
}

before(async () => {
  home = await product.makeHome();
  await product.pingji(home, ['migrate']);
  const file = await historyFile();
  const preset = ['import', '--preset', 'history-431325', file];
  await product.pingji(home, preset);
  // A second run changes nothing; the page below shows each line once.
  await product.pingji(home, preset);
  server = await product.serve(home);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

test('the history of 431325 is on its page, with the columns of its source', async () => {
  const display = await context(browser, { width: 1440, height: 900 });
  const watched = await watchedPage(display);
  // Paired by the request alone: a page that is left while it loads its module would be a fault of the test.
  await display.request.get(server.pairing);
  await watched.page.goto(`${server.base}/cylinders/431325/history`, { waitUntil: 'networkidle' });
  const text = await watched.page.locator('body').innerText();
  for (const word of ['431325', '2011-08-10 12:17', '鸡山门店', '充装', '陈荣华', '灌口三级站', '17.34', '30.89']) {
    assert.ok(text.includes(word), `the page does not show ${word}:\n${text.slice(0, 2000)}`);
  }
  for (const column of ['日期时间', '操作类型', '操作人', '操作地点', '目标地点', '自重', '总重']) {
    assert.ok(text.includes(column), `the page lacks the column ${column}`);
  }
  const times = text.match(/2011-08-10 12:17/g);
  assert.equal(times.length, 1, 'a line is shown twice after the second import');
  await watched.page.screenshot({ path: path.join(product.root, 'end2end/shots/history-431325.png'), fullPage: true });
  watched.clean('on the history page');
  await watched.page.setViewportSize({ width: 390, height: 844 });
  await watched.page.screenshot({ path: path.join(product.root, 'end2end/shots/history-431325-phone.png') });
  const wide = await watched.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `the page scrolls sideways on a phone, by ${wide} px`);
  watched.clean('on the history page on a phone');
  await display.close();
});
