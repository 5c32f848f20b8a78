// The archive as a regulator uses it: list, filter, pages, a cylinder, back; by keyboard; without the module; a registration.
// Pictures of every page are left in shots/, on a laptop and a phone, light and dark.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
/** The cookies of the city's regulator. */
let signedIn;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 600, stations: 8, days: 2 });
  server = await product.serve(home);
  browser = await launch();
  signedIn = await session(browser, home, server, 'city_regulator');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

/** A reader of his own, signed in. */
async function reader(options = {}) {
  const { width = 1440, height = 900, ...others } = options;
  return browser.newContext({
    viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', storageState: signedIn, ...others,
  });
}

const tags = (page) => page.locator('[data-testid=rows] a.row-link').allInnerTexts();
const total = (page) => page.locator('[data-testid=total]').innerText();
/** The module has taken the page over: a link is followed without a load. */
const ready = (page) => page.waitForLoadState('networkidle');

test('list, filter, page, cylinder, back: the address keeps it all', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cylinders`);
  await ready(page);
  await page.evaluate(() => { window.notReloaded = true; });
  const first = await tags(page);
  assert.equal(first.length, 20);
  assert.deepEqual(first, [...first].sort(), 'the archive is sorted by tag');
  const inSight = await page.locator('[data-testid=rows] tbody tr').evaluateAll((rows) => rows.filter((row) => {
    const box = row.getBoundingClientRect();
    const middle = document.elementFromPoint(box.left + 20, (box.top + box.bottom) / 2);
    return box.bottom < innerHeight && row.contains(middle);
  }).length);
  assert.ok(inSight >= 8, `only ${inSight} rows are in sight on a laptop`);
  const all = await total(page);

  await page.locator('[data-testid=next]').click();
  await eventually('the second page', async () => (await tags(page))[0] > first.at(-1));
  const second = await tags(page);
  assert.match(page.url(), /after=/);
  await page.locator('[data-testid=previous]').click();
  await eventually('the first page again', async () => (await tags(page))[0] === first[0]);
  assert.deepEqual(await tags(page), first);
  await page.goBack();
  await eventually('back to the second', async () => (await tags(page))[0] === second[0]);

  await page.locator('select[name=inspection]').selectOption('overdue');
  await page.locator('.filters button[type=submit]').click();
  await eventually('fewer', async () => (await total(page)) !== all);
  assert.match(page.url(), /inspection=overdue/);
  assert.ok(!/after=/.test(page.url()), 'another filter begins at the first page');
  const overdue = await tags(page);
  assert.ok(overdue.length > 0);
  // What is narrowed by a day is sorted by it.
  const due = () => page.locator('[data-testid=rows] tbody tr td[data-label=下次检测]').allInnerTexts();
  const days = await due();
  assert.ok(days.length > 1);
  assert.deepEqual(days, [...days].sort());
  assert.equal(await page.locator('th[aria-sort=ascending]').innerText().then((t) => t.includes('下次检测')), true);
  await page.locator('th a', { hasText: '下次检测' }).click();
  await eventually('the other way round', async () => {
    const days = await due();
    return page.url().includes('sort=due') && JSON.stringify(days) === JSON.stringify([...days].sort().reverse());
  });

  const address = page.url();
  const listed = await tags(page);
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.locator('.detail h1').waitFor();
  assert.ok((await page.locator('.detail h1').innerText()).includes(listed[0]));
  await page.goBack();
  await page.locator('[data-testid=rows]').waitFor();
  assert.equal(page.url(), address);
  assert.deepEqual(await tags(page), listed);
  assert.ok(await page.evaluate(() => window.notReloaded), 'the page was loaded anew');

  // The same address, sent to somebody else.
  const other = await reader();
  const theirs = await watchedPage(other);
  await theirs.page.goto(address);
  assert.deepEqual(await tags(theirs.page), listed);
  theirs.clean('where the address was sent to');
  watched.clean('in the archive');
  await other.close();
  await context.close();
});

test('by keyboard: / searches any code, j and k go through the rows, Enter opens', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cylinders`);
  await ready(page);
  const listed = await tags(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), listed[1]);
  await page.keyboard.press('Enter');
  await page.locator('.detail h1').waitFor();
  assert.ok((await page.locator('.detail h1').innerText()).includes(listed[1]));
  const stamp = await page.locator('.facts div', { hasText: '钢印号' }).first().locator('dd').innerText();
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  await page.keyboard.type(stamp);
  await page.keyboard.press('Enter');
  // A single hit is gone to at once.
  await eventually('the cylinder of the stamp', async () => page.url().endsWith(`/cylinders/${listed[1]}`));
  await page.keyboard.press('/');
  await page.locator('#search').fill('站');
  await page.keyboard.press('Enter');
  await page.locator('[data-testid=hits]').waitFor();
  assert.ok((await page.locator('[data-testid=hits] li').count()) > 1);
  await page.locator('#search').fill('no such thing');
  await page.keyboard.press('Enter');
  await page.getByText('没有找到「no such thing」').waitFor();
  watched.clean('by keyboard');
  await context.close();
});

test('columns, density and views are kept in the browser', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cylinders?inspection=overdue`);
  await ready(page);
  const shown = (title) => page.locator('th', { hasText: title }).first().isVisible();
  assert.deepEqual([await shown('出厂编号'), await shown('制造单位')], [true, false]);
  await page.locator('.tools summary', { hasText: '列' }).click();
  await page.locator('.checks label', { hasText: '出厂编号' }).click();
  await page.locator('.checks label', { hasText: '制造单位' }).click();
  await page.locator('.tools button', { hasText: '紧凑' }).click();
  await page.locator('.tools summary', { hasText: '视图' }).click();
  await page.locator('input[name=view]').fill('过检');
  await page.locator('.save button').click();
  assert.deepEqual([await shown('出厂编号'), await shown('制造单位')], [false, true]);
  await page.goto(`${server.base}/cylinders`);
  await ready(page);
  await eventually('the columns', async () => !(await shown('出厂编号')) && (await shown('制造单位')));
  assert.ok(await page.locator('.list.dense').isVisible());
  await page.locator('.tools summary', { hasText: '视图' }).click();
  await page.locator('[data-testid=views] a', { hasText: '过检' }).click();
  await eventually('the view', () => page.url().endsWith('?inspection=overdue'));
  watched.clean('with columns chosen');
  await context.close();
});

test('a cylinder is registered by hand; what is wrong stands at its field; leaving is asked about', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cylinders/new`);
  await ready(page);
  await page.locator('.form button[type=submit]').click();
  await page.locator('[data-testid=faults]:visible').waitFor();
  assert.equal(await page.locator('.field.wrong').count(), 7);
  await eventually('the summary has the focus', () => page.evaluate(() => document.activeElement.id === 'faults'));
  await page.screenshot({ path: path.join(shots, 'register-faults.png'), fullPage: true });
  const fill = (name, value) => page.locator(`#f-${name}`).fill(value);
  await fill('tag', '99 0011 2233');
  await page.locator('#f-site').selectOption({ index: 1 });
  await page.locator('#f-medium').selectOption('LPG');
  await page.locator('#f-model').selectOption('YSP35.5');
  await fill('stamp_no', 'HAND-1');
  await fill('maker', '江苏民生');
  await fill('made', '2024-05');
  // Somebody leaves by mistake.
  page.once('dialog', (dialog) => dialog.dismiss());
  await page.locator('.nav a', { hasText: '钢瓶档案' }).click();
  assert.ok(page.url().endsWith('/cylinders/new'));
  await page.locator('.form button[type=submit]').click();
  await page.locator('.detail h1').waitFor();
  assert.ok(page.url().endsWith('/cylinders/9900112233'));
  watched.clean('at the registration');
  await context.close();
});

test('a tag is bound to a cylinder, and then leads to it', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cylinders`);
  await ready(page);
  const [tag] = await tags(page);
  await page.goto(`${server.base}/cylinders/${tag}`);
  await ready(page);
  await page.locator('.actions a', { hasText: '绑定或更换标签' }).click();
  await page.locator('#f-tag').waitFor();
  assert.equal(await page.locator('#f-cylinder').inputValue(), tag, 'the form knows the cylinder that it came from');
  await page.locator('#f-tag').fill('88 0011 2233');
  await page.locator('#f-reason').selectOption('new');
  await page.locator('#f-site').selectOption({ index: 1 });
  await page.locator('.form button[type=submit]').click();
  await page.locator('.detail h1').waitFor();
  assert.ok(page.url().endsWith('/cylinders/8800112233'), page.url());
  const text = await page.locator('.detail').innerText();
  assert.ok(text.includes(tag) && text.includes('8800112233'), text.slice(0, 600));
  watched.clean('while a tag was bound');
  await context.close();
});

test('a cylinder is found by each of its six codes', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cylinders?sort=serial`);
  await ready(page);
  const row = page.locator('[data-testid=rows] tbody tr').nth(7);
  const cell = async (label) => (await row.locator(`td[data-label=${label}]`).innerText()).trim();
  const tag = (await row.locator('a.row-link').innerText()).trim();
  const [stamp, serial] = [await cell('钢印号'), await cell('出厂编号')];
  assert.ok(stamp && serial && new Set([tag, stamp, serial]).size === 3, `${tag} ${stamp} ${serial}`);
  // An RFID and a returnable asset's key beside the tag that it came with.
  const [rfid, grai] = ['4101234567', '06900000000014B7'];
  for (const code of [rfid, grai]) {
    await page.goto(`${server.base}/tags/bind?cylinder=${tag}`);
    await ready(page);
    await page.locator('#f-tag').fill(code);
    await page.locator('#f-reason').selectOption('new');
    await page.locator('#f-site').selectOption({ index: 1 });
    await page.locator('.form button[type=submit]').click();
    await page.locator('.detail h1').waitFor();
  }
  const wide = [...tag].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('');
  const written = {
    tag, 'tag, full width': wide, stamp, serial, rfid,
    'qr, an old label': `http://www.teshe.org.cn/Q?id=410100${tag}`,
    'qr, its digits': `410100${tag}`,
    grai: `(8003)${grai}`,
    'grai, as a link': `https://id.example/8003/${grai}`,
  };
  for (const [what, code] of Object.entries(written)) {
    await page.goto(`${server.base}/`);
    await ready(page);
    await page.keyboard.press('/');
    await page.locator('#search').fill(code);
    await page.locator('#search').press('Enter');
    await page.locator('.detail h1, [data-testid=hits] a').first().waitFor();
    // A serial number may be another maker's, too: then it is one of the hits.
    if (!page.url().includes('/cylinders/')) {
      await page.locator('a', { hasText: tag }).first().click();
      await page.locator('.detail h1').waitFor();
    }
    assert.ok((await page.locator('.detail').innerText()).includes(stamp), `${what}: ${page.url()}`);
  }
  watched.clean('while a cylinder was looked for');
  await context.close();
});

test('without its module: filters, pages and forms work all the same', async () => {
  const context = await reader({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.base}/cylinders`);
  const first = await tags(page);
  assert.equal(first.length, 20);
  await page.locator('[data-testid=next]').click();
  assert.ok((await tags(page))[0] > first.at(-1));
  await page.locator('.filters input[name=q]').fill(first[3]);
  await page.locator('.filters button[type=submit]').click();
  assert.deepEqual(await tags(page), [first[3]]);
  await page.locator('#search').fill(first[4]);
  await page.locator('#search').press('Enter');
  assert.ok(page.url().endsWith(`/cylinders/${first[4]}`));
  // A form that is not good comes back with what was entered, and what is wrong.
  await page.goto(`${server.base}/cylinders/new`);
  await page.locator('#f-tag').fill(first[0]);
  await page.locator('#f-made').fill('2030-01');
  await page.locator('.form button[type=submit]').click();
  await page.waitForLoadState();
  assert.equal(await page.locator('#f-tag').inputValue(), first[0]);
  assert.ok((await page.locator('.field.wrong').count()) >= 5);
  await page.locator('#f-site').selectOption({ index: 1 });
  await page.locator('#f-medium').selectOption('LPG');
  await page.locator('#f-model').selectOption('YSP35.5');
  await page.locator('#f-stamp_no').fill('HAND-2');
  await page.locator('#f-maker').fill('江苏民生');
  await page.locator('#f-made').fill('2024-05');
  await page.locator('.form button[type=submit]').click();
  await page.waitForLoadState();
  // The tag is another cylinder's.
  assert.equal(await page.locator('.field.wrong').count(), 1);
  assert.ok(await page.locator('.field.wrong #f-tag').isVisible());
  await page.locator('#f-tag').fill('9900112244');
  await page.locator('.form button[type=submit]').click();
  await page.waitForLoadState();
  assert.ok(page.url().endsWith('/cylinders/9900112244'), page.url());
  await context.close();
});

for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`every page on a ${name}, ${theme}`, async () => {
      const context = await reader({ width, height, colorScheme: theme });
      const watched = await watchedPage(context);
      const { page } = watched;
      // One that was filled: it has a life to show.
      await page.goto(`${server.base}/cylinders?custody=5`);
      await ready(page);
      const [tag] = await tags(page);
      const pages = [
        ['home', '/'], ['archive', '/cylinders?size=50'], ['archive-nothing', '/cylinders?q=nothing-like-it'],
        ['archive-failed', '/cylinders?org=x'], ['archive-english', '/cylinders?inspection=overdue&sort=due&lang=en'],
        ['cylinder', `/cylinders/${tag}?lang=zh`], ['cylinder-then', `/cylinders/${tag}?as_of=2018-05-15`],
        ['history', `/cylinders/${tag}/history`], ['search', '/search?q=%E7%AB%99'], ['register', '/cylinders/new'],
        ['rules', '/rules'], ['rules-english', '/rules?kind=interval&lang=en'], ['tags', '/tags?lang=zh'],
        ['tag-bind', `/tags/bind?cylinder=${tag}`],
      ];
      for (const [what, address] of pages) {
        // A question that nobody can mean is answered 400, and a page that says so: the browser notes it, rightly.
        const visit = async () => { await page.goto(server.base + address); await ready(page); };
        await (what === 'archive-failed' ? watched.outage(visit) : visit());
        await page.screenshot({ path: path.join(shots, `${what}-${name}-${theme}.png`) });
        await checkPage(page, `${what} on a ${name}, ${theme}`);
        assert.ok(await page.locator('.demo-mark').isVisible(), 'a demonstration says so');
        watched.clean(`${what} on a ${name}, ${theme}`);
      }
      // What was chosen stands before what the system prefers.
      const other = theme === 'dark' ? 'light' : 'dark';
      await page.goto(`${server.base}/cylinders?theme=${other}`);
      await page.goto(`${server.base}/cylinders`);
      const scheme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
      assert.equal(scheme, other);
      await context.close();
    });
  }
}
