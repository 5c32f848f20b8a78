// Everybody reads what the authority tells: the list, a search in Chinese, a post with picture, film and download, without a script, on a
// narrow telephone, on paper; and the wall tells of it and of how enterprises are rated. Pictures are left in shots/.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import * as contexts from '../lib/browser.mjs';
import { launch, context, watchedPage, wallFrame, freshness, figure, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { checkWall } from '../lib/layout.mjs';

const shots = path.join(product.root, 'end2end/shots');
const POST = '/news/winter-gas-safety';
const TITLE = '冬季用气安全:燃气泄漏四步处置(演示)';
let home;
let server;
let browser;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 6, days: 3 });
  server = await product.serve(home);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const phone = (others) => contexts.phone(browser, others);

test('the list is read and searched without a script', async () => {
  const context = await phone({ javaScriptEnabled: false });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/q`, { waitUntil: 'networkidle' });
  await page.getByRole('link', { name: '安全与公告' }).click();
  await page.getByRole('heading', { name: '安全与公告', level: 1 }).waitFor();
  const titles = await page.locator('.post h2 a').allInnerTexts();
  assert.equal(titles[0], TITLE, 'safety first');
  assert.match(titles.at(-1), /免费更换老化软管/, 'what is sold comes last');
  assert.equal(await page.locator('.advert', { hasText: '推广' }).count(), 1);
  assert.match(await page.locator('.advert').innerText(), /有效期至 \d{4}-\d\d-\d\d/);
  await page.getByRole('searchbox').fill('泄漏');
  await page.getByRole('button', { name: '搜索' }).click();
  await page.waitForURL(/[?&]q=/);
  assert.deepEqual(await page.locator('.post h2 a').allInnerTexts(), [TITLE]);
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText('1 found').waitFor();
  assert.equal(await page.getByRole('searchbox').inputValue(), '泄漏', 'the other language keeps what was searched for');
  await page.getByRole('searchbox').fill('不存在的词语');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Nothing was found').waitFor();
  await page.getByRole('link', { name: 'Laws and rules' }).click();
  await page.getByRole('link', { name: 'Everything' }).click();
  assert.equal(await page.locator('.post').count(), titles.length);
  watched.clean('while the list was read');
  await context.close();
});

test('a post is whole without a script: picture, film by range, download with its hash', async () => {
  const context = await phone({ javaScriptEnabled: false });
  const watched = await watchedPage(context);
  const { page } = watched;
  const answers = [];
  page.on('response', (r) => answers.push([new URL(r.url()).pathname, r.status(), r.headers()['content-type']]));
  await page.goto(server.base + POST, { waitUntil: 'networkidle' });
  await page.getByRole('heading', { name: TITLE }).waitFor();
  const of = (type) => answers.filter(([at, status, kind]) => at.startsWith('/files/') && status < 300 && kind === type);
  assert.ok(of('image/jpeg').length >= 1, JSON.stringify(answers));
  assert.ok(of('video/mp4').some(([, status]) => status === 206), JSON.stringify(answers));
  assert.ok(!answers.some(([at]) => at.startsWith('/pkg/')), 'a module was loaded');
  const video = page.locator('article video');
  assert.equal(await video.getAttribute('preload'), 'metadata');
  assert.match(await video.getAttribute('poster'), /^\/files\/[0-9a-f]{32}$/);
  const file = page.locator('.files a');
  const answer = await page.request.get(server.base + await file.getAttribute('href'));
  const hash = createHash('sha256').update(await answer.body()).digest('hex');
  assert.equal(await page.locator('.files code').innerText(), `SHA-256: ${hash}`);
  assert.match(answer.headers()['content-disposition'], /^attachment;/);
  const head = (name) => page.locator(`head meta[property="og:${name}"]`).getAttribute('content');
  assert.equal(await head('title'), TITLE);
  assert.ok((await head('image')).startsWith(`${server.base}/files/`), await head('image'));
  assert.equal(await page.locator('head link[rel=canonical]').getAttribute('href'), server.base + POST);
  await eventually('openings and downloads are counted', async () => {
    await page.reload({ waitUntil: 'networkidle' });
    return /已打开 [1-9]/.test(await page.locator('main').innerText()) && /下载 [1-9]/.test(await page.locator('main').innerText());
  }, { timeoutMs: 20_000, everyMs: 1_000 });
  watched.clean('while the post was read');
  await context.close();
});

test('a browser shows picture and film', async () => {
  const context = await phone();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(server.base + POST, { waitUntil: 'networkidle' });
  const width = await page.locator('article img').first().evaluate((i) => i.decode().then(() => i.naturalWidth));
  assert.equal(width, 1280);
  await eventually('the film tells its length', () => page.locator('article video').evaluate((v) => Math.round(v.duration) === 8 && v.videoWidth === 640));
  watched.clean('while the film was looked at');
  await context.close();
});

test('it can be read: by axe, in large type, in English, on a narrow phone, in the dark, and nothing scrolls sideways', async () => {
  for (const [name, options, address] of [
    ['list-phone', {}, '/news'],
    ['list-phone-dark', { colorScheme: 'dark' }, '/news'],
    ['list-laptop', { viewport: { width: 1440, height: 900 } }, '/news'],
    ['list-empty-phone', {}, '/news?q=%E4%B8%8D%E5%AD%98%E5%9C%A8'],
    ['post-phone', {}, POST],
    ['post-phone-dark', { colorScheme: 'dark' }, POST],
    ['post-phone-big', {}, `${POST}?big=1`],
    ['post-narrow-en', { viewport: { width: 320, height: 640 } }, `${POST}?lang=en`],
    ['post-laptop', { viewport: { width: 1440, height: 900 } }, POST],
    ['post-laptop-dark', { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }, POST],
    ['promotion-phone', {}, '/news/hose-offer'],
  ]) {
    const context = await phone(options);
    const watched = await watchedPage(context);
    await watched.page.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(watched.page, name, 5);
    await watched.page.screenshot({ path: path.join(shots, `news-${name}.png`), fullPage: true });
    watched.clean(name);
    await context.close();
  }
});

test('on paper the text is there and the buttons are not; what is not there is said to be', async () => {
  const context = await phone();
  const page = await context.newPage();
  await page.goto(server.base + POST, { waitUntil: 'networkidle' });
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('.post-body').isVisible());
  for (const none of ['.bar nav', '.others', '.post-body video']) assert.ok(!await page.locator(none).isVisible(), none);
  await page.emulateMedia({ media: 'screen' });
  const answer = await page.goto(`${server.base}/news/nothing-here`, { waitUntil: 'networkidle' });
  assert.equal(answer.status(), 404);
  await page.getByText('没有找到这篇内容').waitFor();
  await context.close();
});

test('the feed is told anew only when it changed', async () => {
  const first = await fetch(`${server.base}/news/feed.xml`);
  const text = await first.text();
  assert.equal(first.status, 200);
  assert.ok(text.includes(`<title>${TITLE}</title>`) && !text.includes('老化软管'), 'what is sold is not in the feed');
  const again = await fetch(`${server.base}/news/feed.xml`, { headers: { 'If-None-Match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
});

test('the wall shows a post, the line that goes by, and the grades', async () => {
  const display = await context(browser);
  const watched = await watchedPage(display);
  const { page } = watched;
  await page.goto(server.pairing, { waitUntil: 'load' });
  const frame = await wallFrame(page);
  await freshness(frame, 'live', 20_000);
  await frame.locator('[data-tile=posts] .headline-title').waitFor({ timeout: 20_000 });
  const line = frame.locator('[data-testid=marquee]');
  assert.match(await line.innerText(), /到室外拨打 119/);
  await eventually('enterprises are rated', () => frame.locator('[data-tile=grades]').count(), { timeoutMs: 60_000, everyMs: 500 });
  const counts = await Promise.all([...'ABCD'].map((g) => figure(frame, `grade-${g}`)));
  assert.ok(counts.reduce((a, b) => a + b) > 0, String(counts));
  const width = await frame.locator('.headline img').evaluate((i) => i.decode().then(() => i.naturalWidth));
  assert.ok(width > 0, 'the code leads nowhere');
  for (const [name, size] of [['1080', [1920, 1080]], ['2160', [3840, 2160]], ['1050', [1400, 1050]], ['wide', [3840, 1080]]]) {
    await page.setViewportSize({ width: size[0], height: size[1] });
    await page.waitForTimeout(1_500);
    await checkWall(frame, `the wall at ${size.join('×')}`);
    await page.screenshot({ path: path.join(shots, `news-wall-${name}.png`) });
  }
  await page.setViewportSize({ width: 1920, height: 1080 });
  // It moves, stands while somebody holds it, and goes on.
  const place = () => line.evaluate((e) => e.getBoundingClientRect().left);
  const moves = async () => {
    const before = await place();
    await page.waitForTimeout(700);
    return (await place()) !== before;
  };
  assert.ok(await moves(), 'the line does not move');
  await frame.locator('[data-testid=marquee-hold]').click();
  await page.mouse.move(5, 5);
  await frame.locator('.wall.still').waitFor();
  assert.ok(!await moves(), 'the line moves while it is held');
  await page.keyboard.press('p');
  await eventually('it goes on', moves);
  // Nothing of it lies over the alarms.
  const box = (name) => frame.locator(`[data-tile=${name}]`).boundingBox();
  const [a, b] = [await box('marquee'), await box('alarms')];
  assert.ok(a.x + a.width <= b.x + 1 || a.y >= b.y + b.height - 1, JSON.stringify([a, b]));
  watched.clean('while the wall told of posts');
  await watched.close();
  await display.close();
});

test('where nothing may move the line stands', async () => {
  const display = await browser.newContext({
    viewport: { width: 1920, height: 1080 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce',
  });
  const { stdout } = await product.pingji(home, ['display', 'pair']);
  const page = await display.newPage();
  await page.goto(server.base + stdout.match(/\/wall\?pair=\S+/)[0], { waitUntil: 'load' });
  const frame = await wallFrame(page);
  const line = frame.locator('[data-testid=marquee]');
  await line.waitFor({ timeout: 20_000 });
  assert.equal(await line.evaluate((e) => getComputedStyle(e).animationName), 'none');
  const [way, run] = await Promise.all([frame.locator('.marquee-way'), line].map((l) => l.boundingBox()));
  assert.ok(Math.abs(way.x - run.x) < 2, 'it begins where the line begins');
  await display.close();
});
