// From a figure to the cylinders behind it, and from a list to a file: analyses and exports as a regulator uses them.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { enrol, password, session, signIn, submit } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
let regulator;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 900, stations: 8, days: 3 });
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
const count = (text) => Number(text.replace(/\D/g, ''));

test('overdue in a district: from the figure to the list, to a cylinder, to its owner', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/analyses');
  await page.locator('[data-testid=card-abnormal]').click();
  await page.locator('[data-testid=sheet]').waitFor();
  const links = page.locator('[data-testid=sheet] a[href*="inspection=overdue"]');
  const figure = await links.first().innerText();
  assert.ok(count(figure) > 0, 'nothing is overdue in the demonstration');
  await links.first().click();
  await page.locator('[data-testid=total]').waitFor();
  assert.equal(count(await page.locator('[data-testid=total]').innerText()), count(figure), 'the list is another than the figure');
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.locator('.detail h1').waitFor();
  assert.match(await page.locator('.detail').innerText(), /产权单位/);
  watched.clean('from a figure to an owner');
  await context.close();
});

test('what a list shows is in the file', async () => {
  const context = await seat({ acceptDownloads: true });
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/cylinders?inspection=overdue');
  const total = count(await page.locator('[data-testid=total]').innerText());
  await page.locator('.tools summary', { hasText: '导出' }).click().catch(() => {});
  await page.locator('[data-testid=export-csv]').click();
  await eventually('the page of exports', () => page.url().includes('/exports'));
  await page.locator('[data-testid=download]').first().waitFor({ timeout: 20_000 });
  await page.screenshot({ path: path.join(shots, 'exports-laptop-light.png') });
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-testid=download]').first().click()]);
  const text = await readFile(await file.path(), 'utf8');
  assert.equal(text.charCodeAt(0), 0xfeff, 'a spreadsheet reads it as UTF-8');
  assert.equal(text.trimEnd().split('\n').length - 1, total);
  watched.clean('while a list was exported');
  await context.close();
});

/** A supervision platform that gives a receipt for whatever it gets. */
async function platform() {
  const got = [];
  const there = createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (piece) => hash.update(piece));
    request.on('end', () => {
      got.push({ told: request.headers['x-pingji-sha256'], found: hash.digest('hex') });
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ receipt: `JG-${got.length}` }));
    });
  });
  await new Promise((done) => { there.listen(0, '127.0.0.1', done); });
  return { got, address: `http://127.0.0.1:${there.address().port}/up`, close: () => there.close() };
}

/** An administrator who has just set up the second factor. */
async function administrator(login) {
  const context = await seat({ storageState: undefined, acceptDownloads: true });
  const watched = await watchedPage(context);
  await signIn(watched.page, server, login, await password(home, login));
  await enrol(watched.page);
  return { context, watched, page: watched.page };
}

test('an export is sent to the supervision platform, its receipt is shown, and the auditor has it in a file', async () => {
  const there = await platform();
  const admin = await administrator('system_admin');
  await go(admin.page, '/platform');
  await admin.page.fill('#name', '省监察管理平台');
  await admin.page.fill('#address', there.address);
  await admin.page.fill('#key_id', 'city-4101');
  await admin.page.fill('#secret', 'a-secret-of-the-platform');
  await submit(admin.page, 'platform_save');
  assert.match(await admin.page.locator('main').innerText(), /已保存/);
  assert.ok(!(await admin.page.content()).includes('a-secret-of-the-platform'), 'the secret is told');
  await admin.page.screenshot({ path: path.join(shots, 'platform-laptop-light.png') });
  await checkPage(admin.page, 'the platform');
  admin.watched.clean('while the platform was set');
  await admin.context.close();

  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/records');
  await page.locator('.tools summary', { hasText: '导出' }).click().catch(() => {});
  await page.locator('[data-testid=export-csv]').click();
  await eventually('the page of exports', () => page.url().includes('/exports'));
  await page.locator('[data-testid=choose]').first().click({ timeout: 20_000 });
  const asked = await page.locator('[data-testid=confirm]').innerText();
  assert.ok(asked.includes('省监察管理平台') && asked.includes(there.address), asked);
  await page.screenshot({ path: path.join(shots, 'upload-confirm-laptop-light.png') });
  await checkPage(page, 'a file is about to be sent');
  await page.locator('[data-testid=send]').click();
  await page.locator('[data-testid=receipt]').first().waitFor({ timeout: 20_000 });
  assert.equal(await page.locator('[data-testid=receipt]').first().innerText(), 'JG-1');
  assert.equal(there.got.length, 1);
  assert.equal(there.got[0].told, there.got[0].found, 'the platform got what was announced');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: path.join(shots, 'upload-phone-light.png') });
  await checkPage(page, 'a receipt on a phone');
  watched.clean('while an export was sent');
  await context.close();
  there.close();

  const auditor = await administrator('auditor');
  await go(auditor.page, '/audit?action=upload');
  await auditor.page.locator('[data-testid=export-csv]').click();
  await auditor.page.locator('[data-testid=download]').first().waitFor({ timeout: 20_000 });
  const [file] = await Promise.all([
    auditor.page.waitForEvent('download'), auditor.page.locator('[data-testid=download]').first().click(),
  ]);
  const log = await readFile(await file.path(), 'utf8');
  assert.ok(log.includes('upload.begin') && log.includes('upload.accepted') && log.includes('JG-1'), log);
  assert.equal(log.trimEnd().split('\n').length, 3, 'what is filtered, and nothing else');
  auditor.watched.clean('while the log was exported');
  await auditor.context.close();
});

for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`analyses and exports on a ${name}, ${theme}`, async () => {
      const context = await seat({ width, height, colorScheme: theme });
      const watched = await watchedPage(context);
      const { page } = watched;
      await go(page, '/analyses?lang=zh');
      const all = await page.locator('a.card').evaluateAll((cards) => cards.map((card) => card.getAttribute('href')));
      assert.ok(all.length >= 12, `${all.length} analyses`);
      const pages = [['analyses', '/analyses'], ['exports', '/exports'], ...all.map((href) => [`analysis-${href.split(/[/?]/)[2]}`, href])];
      for (const [what, address] of pages) {
        await go(page, address);
        await page.screenshot({ path: path.join(shots, `${what}-${name}-${theme}.png`) });
        await checkPage(page, `${what} on a ${name}, ${theme}`);
        watched.clean(`${what} on a ${name}, ${theme}`);
      }
      await context.close();
    });
  }
}
