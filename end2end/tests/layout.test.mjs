// The wall's inspector must itself be able to find fault: a good page passes, each bad one is named.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { launch, context, watchedPage } from '../lib/browser.mjs';
import { checkWall } from '../lib/layout.mjs';

let browser;
let page;
let watched;

before(async () => {
  browser = await launch();
  watched = await watchedPage(await context(browser));
  page = watched.page;
});
after(() => browser?.close());

const style = `
  body { margin: 0; font: 24px/1.1 sans-serif; width: 100vw; height: 100vh; overflow: hidden; }
  [data-tile] { position: absolute; width: 400px; height: 300px; top: 0; overflow: hidden; }
  .quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }`;
const words = [...'甲乙丙丁戊己庚辛壬癸'].map((word) => `<span>${word}</span> `).join('');

async function look(extra = '', { second = 'left: 500px', third = 'left: 1000px', canvas = 'width="200" height="100" data-min-font="20"' } = {}) {
  await page.setContent(`<!doctype html><style>${style}</style><body>
    <div data-tile="one" style="left: 0">${words}<table class="quiet"><tr><td style="font-size: 4px">for the ear</td></tr></table></div>
    <div data-tile="two" style="${second}"><canvas ${canvas} style="width: 200px; height: 100px"></canvas></div>
    <div data-tile="three" style="${third}">${extra}</div>`);
  return checkWall(page.mainFrame(), 'page');
}

test('a good page passes', async () => {
  const counts = await look('<p>瓶迹</p>');
  assert.deepEqual(counts, { texts: 11, tiles: 3, canvases: 1 });
});

const long = '很长的站名'.repeat(20);
for (const [what, pattern, extra, places] of [
  ['small text', /small: 12\.0 px/, '<p style="font-size: 12px">小</p>'],
  ['text made small by scaling', /small: 12\.0 px/, '<p style="transform: scale(0.5)">小</p>'],
  ['small text in a drawing', /small: 9\.0 px/, '<svg width="100" height="100" viewBox="0 0 200 200"><text y="50" font-size="18">小</text></svg>'],
  ['text wider than its box', /cut off: \d+ px of text in 200/, `<div style="width: 200px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis">${long}</div>`],
  ['text cut by a box around it', /cut off by/, `<div style="width: 200px; overflow: hidden"><span style="white-space: nowrap">${long}</span></div>`],
  ['text below the edge of its tile', /cut off by .* in tile three/, '<p style="position: absolute; top: 290px">低</p>'],
  ['tiles over each other', /tiles overlap by 100×300/, '', { second: 'left: 300px' }],
  ['a tile outside', /tile leaves the window/, '', { third: 'left: 1700px' }],
  ['small text on a canvas', /small: 9 px on a canvas/, '', { canvas: 'width="200" height="100" data-min-font="9"' }],
  ['a silent canvas', /does not say its smallest text/, '', { canvas: 'width="200" height="100"' }],
  ['a blurred canvas', /blurred: canvas of 100/, '', { canvas: 'width="100" height="50" data-min-font="20"' }],
  ['fine print', /fine print has no place/, '<p data-fineprint>细</p>'],
]) {
  test(`finds ${what}`, () => assert.rejects(() => look(extra, places), pattern));
}

test('a list may be cut where it says so', () => look('<ul data-clip-ok style="height: 30px; overflow: hidden"><li>一<li>二<li>三</ul>'));

test('nothing to look at is a fault', async () => {
  await page.setContent('<!doctype html><body></body>');
  await assert.rejects(() => checkWall(page.mainFrame(), 'page'), /hardly anything is shown/);
});

test('a page that complains is caught', async () => {
  await page.evaluate(() => console.error('the first'));
  await page.evaluate(() => void setTimeout(() => { throw new Error('the second'); }, 0));
  await page.waitForTimeout(100);
  assert.throws(() => watched.clean(), /the first[\s\S]*the second/);
});
