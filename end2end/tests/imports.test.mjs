// A table on its way into the archive: uploaded, looked at, tried, taken; two bad rows mended where they stand; and once more, when
// nothing changes.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
let regulator;
let file;
/** The tags that two rows had. */
const spoilt = [];

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 6, days: 1 });
  // The source's table of cylinders in use, as far as twelve rows, with two that cannot be right.
  const source = await readFile(path.join(product.root, 'server/tests/fixtures/in_use_cylinders.csv'), 'utf8');
  const lines = source.trimEnd().split(/\r?\n/).slice(0, 13);
  // Without a tag, a stamped number and a serial number nobody knows which cylinder a row is about.
  for (const n of [4, 9]) {
    const cells = lines[n].split(',');
    spoilt.push(cells[0]);
    lines[n] = ['', '', '', ...cells.slice(3)].join(',');
  }
  file = path.join(home.dir, 'in-use.csv');
  await writeFile(file, `\uFEFF${lines.join('\r\n')}\r\n`);
  server = await product.serve(home);
  browser = await launch();
  regulator = await session(browser, home, server, 'city_regulator');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const seat = ({ width = 1440, height = 900, ...others } = {}) => browser.newContext({
  viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', storageState: regulator, ...others,
});
const go = (page, where) => page.goto(server.base + where, { waitUntil: 'networkidle' });
const figure = async (page, id) => Number((await page.locator(`[data-testid=${id}]`).innerText()).replace(/\D/g, ''));
const submit = (page, name) => Promise.all([
  page.waitForNavigation({ waitUntil: 'networkidle' }), page.getByRole('button', { name, exact: true }).first().click(),
]);
const stage = (page, word) => eventually(`the stage ${word}`, async () => {
  const now = await page.locator('[data-testid=stage]').first().innerText();
  if (now !== word) await page.reload({ waitUntil: 'networkidle' });
  return now === word;
}, { timeoutMs: 30_000, everyMs: 300 });

async function upload(page) {
  await go(page, '/imports');
  await page.setInputFiles('#file', file);
  await submit(page, '上传并预览');
  await stage(page, '待核对列');
}

test('twelve rows, two of them bad: tried, taken, mended; and once more without a change', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await upload(page);
  const address = page.url();
  assert.equal(await page.locator('[data-testid=preview] tbody tr').count(), 12);
  await page.screenshot({ path: path.join(shots, 'import-columns-laptop.png'), fullPage: true });
  await checkPage(page, 'the columns of an import');
  const way = page.locator('.ways a', { hasText: '✓' }).first();
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), way.click()]);
  if (await page.locator('#org option[value=""]').count()) await page.selectOption('#org', { index: 1 });
  await submit(page, '试算');
  await stage(page, '待确认导入');
  assert.deepEqual([await figure(page, 'read'), await figure(page, 'quarantined')], [12, 2]);
  await submit(page, '确认导入');
  await stage(page, '已导入');
  assert.deepEqual([await figure(page, 'read'), await figure(page, 'quarantined')], [12, 2]);
  assert.equal(await figure(page, 'new'), 10);
  for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: path.join(shots, `import-done-${name}.png`), fullPage: true });
    await checkPage(page, `an import on a ${name}`);
    await go(page, `${new URL(address).pathname}/quarantine`);
    await page.screenshot({ path: path.join(shots, `import-quarantine-${name}.png`), fullPage: true });
    await checkPage(page, `the quarantine on a ${name}`);
    await go(page, '/imports');
    await page.screenshot({ path: path.join(shots, `imports-${name}.png`), fullPage: true });
    await checkPage(page, `the imports on a ${name}`);
    await go(page, new URL(address).pathname);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  for (let left = 2; left > 0; left -= 1) {
    await go(page, `${new URL(address).pathname}/quarantine`);
    const row = page.locator('[data-testid=aside]').first();
    assert.equal(await page.locator('[data-testid=aside]').count(), left);
    await row.getByLabel('电子标签号').fill(spoilt[2 - left]);
    await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), row.getByRole('button', { name: '修正并导入' }).click()]);
    assert.match(await page.locator('[data-testid=mended]').innerText(), /已修正并写入档案/);
  }
  await go(page, `${new URL(address).pathname}/quarantine`);
  await page.getByText('没有待处理的行').waitFor();
  watched.clean('while a table was imported');
  await context.close();
});
