// The wall as people see it: three sizes, two languages, a living city with faults. Pictures are left in shots/, and the
// inspector fails on text cut off, tiles over each other, and small text.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, context, watchedPage, wallFrame, freshness, figure, eventually } from '../lib/browser.mjs';
import { checkWall } from '../lib/layout.mjs';

const shots = path.join(product.root, 'end2end/shots');
const SIZES = [[1920, 1080], [3840, 2160], [7680, 2160], [1440, 1080]];
let browser;
let home;
let server;
let simulator;
let display;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 8_000, stations: 40, days: 2 });
  server = await product.serve(home);
  browser = await launch();
  display = await context(browser);
  await display.request.get(server.pairing);
  simulator = await product.simulate(home, server.base, { rate: 12, seed: 5, seconds: 600, faults: 'all' });
});

after(async () => {
  await browser?.close();
  if (simulator && !simulator.ended) {
    simulator.child.kill('SIGTERM');
    await simulator.waitEnd(20_000);
  }
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

for (const [width, height] of SIZES) {
  for (const lang of ['zh', 'en']) {
    test(`the wall at ${width}×${height}, ${lang}`, async () => {
      const watched = await watchedPage(display);
      const { page } = watched;
      await page.setViewportSize({ width, height });
      await page.goto(`${server.base}/wall?lang=${lang}`, { waitUntil: 'load' });
      const frame = await wallFrame(page);
      await freshness(frame, 'live', 20_000);
      const start = await figure(frame, 'fills-today');
      await eventually('the city is alive', async () => (await figure(frame, 'fills-today')) >= start + 20, { timeoutMs: 30_000 });
      await eventually('alarms are named', async () => (await frame.locator('[data-testid=alarms] li').count()) > 0, { timeoutMs: 90_000 });
      await page.waitForTimeout(1_500);
      await page.screenshot({ path: path.join(shots, `wall-${width}x${height}-${lang}.png`) });
      await checkWall(frame, `the wall at ${width}×${height}, ${lang}`);
      // What was opened is part of what people see; a screen that is not as wide has no list to open it from.
      if (width / height < 1.5) {
        watched.clean(`at ${width}×${height}, ${lang}`);
        await watched.close();
        return;
      }
      await frame.locator('[data-testid=districts] .row').first().click();
      await frame.locator('[data-testid=panel-stations] .row').first().waitFor();
      await frame.locator('[data-testid=panel-stations] .row').first().click();
      await frame.locator('[data-testid=panel] .line').first().waitFor();
      await page.waitForTimeout(300);
      await page.screenshot({ path: path.join(shots, `wall-${width}x${height}-${lang}-station.png`) });
      const { problems } = await frame.evaluate(() => {
        const panel = document.querySelector('[data-testid=panel]').getBoundingClientRect();
        const outside = panel.left < 0 || panel.top < 0 || panel.right > innerWidth || panel.bottom > innerHeight;
        const small = [...document.querySelectorAll('[data-testid=panel] *')]
          .filter((e) => e.childElementCount === 0 && e.textContent.trim())
          .filter((e) => parseFloat(getComputedStyle(e).fontSize) < innerHeight / 60 - 0.05)
          .map((e) => `small: ${e.textContent}`);
        return { problems: [...(outside ? ['the panel leaves the window'] : []), ...small] };
      });
      assert.deepEqual(problems, []);
      watched.clean(`at ${width}×${height}, ${lang}`);
      await watched.close();
    });
  }
}
