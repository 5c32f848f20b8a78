// What people do to a wall, and what it does by itself: opening places, taking note of alarms, the other language, midnight,
// a new build, wrong addresses.

import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, context, watchedPage, wallFrame, freshness, figure, eventually, rows } from '../lib/browser.mjs';
import { fill, refused } from '../lib/sign.mjs';

let browser;
let home;

before(async () => {
  home = await product.makeHome();
  await product.demo(home);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await home?.remove();
});

/** A paired display with the wall on it. */
async function wall(server, display, query = '') {
  const watched = await watchedPage(display);
  await watched.page.goto(`${server.base}/wall${query}`, { waitUntil: 'load' });
  const frame = await wallFrame(watched.page);
  await freshness(frame, 'live', 20_000);
  return { ...watched, frame };
}

async function pair(server) {
  const display = await context(browser);
  await display.request.get(server.pairing);
  return display;
}

describe('hands on the wall', () => {
  let server;
  let display;

  before(async () => {
    server = await product.serve(home);
    display = await pair(server);
  });
  after(async () => {
    await display?.close();
    if (server && !server.ended) await server.stop();
  });

  test('a district opens its stations, a station its last fills; key, click and time close it', async () => {
    const { page, frame, clean, close } = await wall(server, display, '?panel=4');
    const panel = frame.locator('[data-testid=panel]');
    const title = frame.locator('[data-testid=panel-title]');
    const done = await fill(server.base, await home.keys());
    const line = frame.locator('[data-testid=feed] li', { hasText: done.tag }).first();
    const station = await line.locator('.station').innerText();
    const districts = frame.locator('[data-testid=districts] .row');
    const stations = frame.locator('[data-testid=panel-stations] .row');
    const own = stations.filter({ hasText: station });
    // The rows move while one reads: a fill more, and a district stands higher. They are opened by name, each once.
    await districts.first().waitFor();
    let found = false;
    for (const name of await districts.locator('.name').allInnerTexts()) {
      await districts.filter({ hasText: name }).first().click();
      await eventually('the district is open', async () => (await title.innerText({ timeout: 1_000 }).catch(() => '')).startsWith(name.slice(0, 2)));
      // Its stations are drawn with the next frame.
      found = await own.first().waitFor({ timeout: 1_500 }).then(() => true, () => false);
      if (found) break;
    }
    assert.ok(found, `no district has the station ${station}`);
    const busiest = districts.first();
    await own.first().click();
    await eventually('the station is open', async () => (await title.innerText()) === station);
    await panel.locator('.line', { hasText: done.tag }).first().waitFor();
    const more = await fill(server.base, await home.keys(), { skip: 5 });
    await panel.locator('.line', { hasText: more.tag }).first().waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });

    // On the map: the middle of it is a district of the city, its corner is none.
    const map = frame.locator('[data-testid=map]');
    const box = await map.boundingBox();
    await map.click({ position: { x: box.width / 2, y: box.height / 2 } });
    await panel.waitFor();
    await frame.locator('[data-testid=panel-close]').click();
    await panel.waitFor({ state: 'detached' });
    await map.click({ position: { x: 3, y: 3 } });
    await page.waitForTimeout(300);
    assert.equal(await panel.count(), 0);

    await busiest.click();
    await panel.waitFor();
    await panel.waitFor({ state: 'detached', timeout: 9_000 });
    clean('with a panel open');
    await close();
  });

  test('the map is shaded by the figure that is chosen', async () => {
    const { page, frame, clean, close } = await wall(server, display);
    const chosen = () => frame.locator('[data-testid=shades] button[aria-pressed=true]').innerText();
    assert.equal(await chosen(), '今日充装');
    const looks = () => frame.locator('canvas').first().evaluate((canvas) => canvas.toDataURL());
    const before = await looks();
    await frame.locator('[data-testid=shades] button').nth(2).click();
    await eventually('the choice is shown', async () => (await chosen()) === '过检率');
    await eventually('the map is another', async () => (await looks()) !== before);
    await page.keyboard.press('4');
    await eventually('by key', async () => (await chosen()) === '未关闭告警');
    clean('when the map was shaded anew');
    await close();
  });

  test('an alarm is taken note of on one wall and seen on another; it asks before it does', async () => {
    const other = await context(browser);
    const { stdout } = await product.pingji(home, ['display', 'pair']);
    const [link] = stdout.match(/pair=[0-9a-f]{64}/);
    await other.request.get(`${server.base}/wall?${link}`);
    const one = await wall(server, display);
    const two = await wall(server, other);
    await refused(server.base, await home.keys(), { tag: '8888888888' });
    const line = (frame) => frame.locator('[data-testid=alarms] li', { hasText: '8888888888' }).first();
    await line(one.frame).waitFor();
    await line(two.frame).waitFor();
    const waiting = await figure(one.frame, 'waiting-alerts');
    const open = await figure(one.frame, 'open-alerts');
    const button = line(one.frame).locator('[data-testid=acknowledge]');
    await button.click();
    await eventually('it asks', async () => /确认/.test(await button.innerText()));
    assert.equal(await figure(one.frame, 'waiting-alerts'), waiting, 'one press does nothing yet');
    await button.click();
    for (const { frame } of [one, two]) {
      await eventually('it is noted', async () => (await figure(frame, 'waiting-alerts')) === waiting - 1);
      await eventually('the button is gone', async () => (await line(frame).locator('[data-testid=acknowledge]').count()) === 0);
      assert.equal(await figure(frame, 'open-alerts'), open, 'noted is not closed');
      await frame.locator('[data-testid=feed] li', { hasText: '已签收' }).first().waitFor();
    }
    // Whoever comes later sees the same.
    const later = await wall(server, display);
    assert.equal(await figure(later.frame, 'waiting-alerts'), waiting - 1);
    for (const { clean, close } of [one, two, later]) {
      clean('around an alarm');
      await close();
    }
    await other.close();
  });

  test('the other language by a button, without loading the page anew, and it stays', async () => {
    const { page, frame, clean, close } = await wall(server, display);
    await page.evaluate(() => { window.notReloaded = true; });
    assert.match(await frame.locator('h2').first().innerText(), /今日/);
    await frame.locator('[data-testid=language]').click();
    const english = await eventually('a frame that speaks English', async () => {
      for (const one of page.frames().slice(1)) {
        const text = await one.locator('h2').first().innerText({ timeout: 500 }).catch(() => '');
        if (text === 'Today' && page.frames().length === 2) return one;
      }
      return null;
    }, { timeoutMs: 20_000 });
    await freshness(english, 'live', 10_000);
    assert.ok(await page.evaluate(() => window.notReloaded), 'the page was loaded again');
    assert.match(page.url(), /lang=en/);
    assert.equal(await english.evaluate(() => document.documentElement.lang), 'en');
    clean('when the language was switched');
    await close();
    const again = await wall(server, display);
    assert.equal(await again.frame.locator('h2').first().innerText(), 'Today', 'the display forgot its language');
    await again.page.goto(`${server.base}/wall?lang=zh`);
    assert.match(await (await wallFrame(again.page)).locator('h2').first().innerText(), /今日/);
    again.clean('when the display came back');
    await again.close();
  });

  test('a part of the city that does not exist says so and is not asked for for ever', async () => {
    const watched = await watchedPage(display);
    const sockets = [];
    watched.page.on('websocket', (ws) => sockets.push(ws.url()));
    await watched.page.goto(`${server.base}/wall?scope=district:999999`, { waitUntil: 'load' });
    const frame = await wallFrame(watched.page);
    await frame.locator('[data-testid=no-scope]').waitFor();
    const asked = sockets.length;
    assert.ok(asked >= 1);
    await watched.page.waitForTimeout(3_000);
    assert.equal(sockets.length, asked, 'it is asked for again');
    watched.clean('on a wrong scope');
    await watched.close();
  });

  test('an unknown page is a page of ours, an unknown path of the API a problem', async () => {
    const page = await display.newPage();
    const answer = await page.goto(`${server.base}/no/such/page`, { waitUntil: 'networkidle' });
    assert.equal(answer.status(), 404);
    assert.match(await page.locator('body').innerText(), /没有这个页面/);
    await page.close();
    for (const target of ['/api/nothing', '/api/v1/nothing', '/api/v2']) {
      const problem = await fetch(server.base + target);
      assert.equal(problem.status, 404);
      assert.match(problem.headers.get('content-type'), /application\/problem\+json/, target);
    }
    assert.equal(await (await fetch(`${server.base}/pkg/nothing.js`)).text(), '');
  });
});

test('midnight: every relative figure moves by itself', async () => {
  // The next New Year's Eve in Shanghai: days and years turn at once.
  const now = Date.now();
  let year = new Date(now + 8 * 3_600_000).getUTCFullYear();
  const eve = (y) => Date.UTC(y, 11, 31, 16, 0, 0);
  if (eve(year) - now < 3_600_000) year += 1;
  const clockOffset = Math.round((eve(year) - 25_000 - now) / 1_000);
  const own = await product.makeHome();
  let server;
  try {
    await product.demo(own);
    // Due on the last day of the year, at the end of life on that day, and due 31 days after it; the last is four years of age then.
    const row = (tag, made, last, next, scrap) => `${tag},S${tag},S${tag},液化石油气,15KG,某厂,${made},${last},${next},1,${scrap},智能角阀,`;
    const file = path.join(own.dir, 'eve.csv');
    await writeFile(file, [
      '电子标签号,气瓶钢印号,气瓶出厂号,充装介质,气瓶规格,生产厂家,出厂日期,上次检测日期,下次检测日期,已检次数,报废日期,阀类型,异常原因',
      // More than the demonstration itself can lose to the end of a life that night.
      ...Array.from({ length: 40 }, (_, i) => row(`49000001${10 + i}`, `${year - 5}-05-10`, `${year - 4}-12-31`, `${year}-12-31`, `${year + 3}-05-10`)),
      row('4900000002', `${year - 8}-12-31`, `${year - 3}-06-30`, `${year}-12-31`, `${year}-12-31`),
      row('4900000003', `${year - 3}-01-31`, `${year - 3}-01-31`, `${year + 1}-01-31`, `${year + 5}-01-31`),
    ].join('\n'));
    await product.pingji(own, ['import', '--preset', 'in-use', file]);
    server = await product.serve(own, { clockOffset });
    const offset = clockOffset * 1_000;
    const display = await pair(server);
    const { page, frame, clean, close } = await wall(server, display);
    await page.evaluate(() => { window.notReloaded = true; });
    const keys = await own.keys();
    const done = await fill(server.base, keys, { offset });
    await refused(server.base, keys, { offset });
    await frame.locator('[data-testid=feed] li', { hasText: done.tag }).first().waitFor();
    const NAMES = ['fills-today', 'blocked-today', 'net-today', 'due-soon', 'overdue', 'past-life', 'on-file'];
    const look = async () => ({
      ...Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await figure(frame, name)]))),
      ages: JSON.stringify(await rows(frame, 'ages')),
      reasons: await rows(frame, 'reasons'),
      districts: (await rows(frame, 'districts')).some((one) => one.text !== '0'),
      day: await frame.locator('[data-testid=clock] .day').innerText(),
    });
    await eventually('the day before is on the wall', async () => {
      const seen = await look();
      return seen['fills-today'] > 0 && seen['blocked-today'] > 0 && seen.reasons.length > 0 && seen.districts;
    });
    const before = await look();
    assert.match(before.day, new RegExp(`${year}年12月31日`));
    await eventually('the year turned', async () => new RegExp(`${year + 1}年1月1日`).test(await frame.locator('[data-testid=clock] .day').innerText()), { timeoutMs: 40_000 });
    await eventually('today begins at nothing', async () => (await figure(frame, 'fills-today')) === 0);
    await page.waitForTimeout(2_500);
    const after = await look();
    assert.deepEqual([after['fills-today'], after['blocked-today'], after['net-today'], after.districts, after.reasons.length], [0, 0, 0, false, 0]);
    assert.ok(after.overdue > before.overdue, `overdue: ${before.overdue} → ${after.overdue}`);
    assert.ok(after['past-life'] > before['past-life'], `past life: ${before['past-life']} → ${after['past-life']}`);
    assert.notEqual(after['due-soon'], before['due-soon']);
    assert.notEqual(after.ages, before.ages);
    assert.equal(after['on-file'], before['on-file'], 'what is not relative stays');
    // The curve goes on over midnight: the newest ten minutes are those of the new day, the ones before those of the old.
    await page.keyboard.press('t');
    await frame.locator('.numbers tbody tr').first().waitFor();
    await eventually('the curve moved', async () => (await frame.locator('.numbers tbody th').first().innerText()) === '00:00');
    const minutes = await frame.locator('.numbers tbody tr').nth(1).innerText();
    assert.match(minutes, /23:50\s+[1-9]/);
    assert.ok(await frame.locator('[data-testid=feed] li', { hasText: `${year}-12-31` }).first().isVisible(), 'a line of yesterday has its date');
    const next = await fill(server.base, keys, { offset, skip: 1 });
    await frame.locator('[data-testid=feed] li', { hasText: next.tag }).first().waitFor();
    await eventually('and the new day counts', async () => (await figure(frame, 'fills-today')) === 1);
    assert.ok(await page.evaluate(() => window.notReloaded), 'the page was loaded again');
    clean('over midnight');
    await close();
    await display.close();
    await server.stop();
    server = undefined;
  } finally {
    server?.child.kill('SIGKILL');
    await own.remove();
  }
});

test('only a demonstration takes a shifted clock', async () => {
  const own = await product.makeHome();
  await product.pingji(own, ['migrate']);
  await assert.rejects(() => product.serve(own, { clockOffset: 60 }), /clock-offset|ended early/);
  await own.remove();
});

test('a new build arrives without leaving full screen', async () => {
  const site = await mkdtemp(path.join(tmpdir(), 'pingji-site-'));
  await cp(path.join(product.root, 'target/site'), site, { recursive: true });
  const port = await product.freePort();
  let server = await product.serve(home, { port, siteDir: site });
  const display = await pair(server);
  const { page, frame, outage, clean, close } = await wall(server, display);
  const build = (one) => one.evaluate(() => document.querySelector('meta[name=pingji-build]').content);
  const old = await build(frame);
  await page.keyboard.press('f');
  await eventually('full screen', () => page.evaluate(() => document.fullscreenElement !== null));
  await page.evaluate(() => { window.notReloaded = true; });
  await outage(async () => {
    await server.stop();
    const file = path.join(site, 'build.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...manifest, build: 'another-build' }));
    server = await product.serve(home, { port, siteDir: site });
    const next = await eventually('the wall of the new build is the only one', async () => {
      const frames = page.frames().slice(1);
      const builds = await Promise.all(frames.map((one) => build(one).catch(() => '')));
      return builds.length === 1 && builds[0] === 'another-build' ? frames[0] : null;
    }, { timeoutMs: 40_000 });
    await freshness(next, 'live', 10_000);
  });
  assert.notEqual(old, 'another-build');
  assert.ok(await page.evaluate(() => window.notReloaded), 'the page was loaded again');
  assert.ok(await page.evaluate(() => document.fullscreenElement !== null), 'full screen was left');
  clean('when a new build came');
  await close();
  await display.close();
  await server.stop();
  await rm(site, { recursive: true, force: true });
});
