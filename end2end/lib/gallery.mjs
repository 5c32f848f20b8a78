// A page as it stands, in four pictures: on a laptop and a phone, light and dark. It must have come whole, and have nothing that its readers
// would complain of.

import assert from 'node:assert/strict';
import path from 'node:path';
import { checkAxe, checkText } from './page.mjs';

const SIZES = [['laptop', 1440, 900], ['phone', 390, 844]];

/** Runs in the page: what of it is not there yet, or is not the page that was asked for. */
function unfinished() {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  const waits = [...document.querySelectorAll('.skeleton, p.loading[role=status], .notice.loading, [aria-busy=true]')].filter(shown);
  const failed = [...document.querySelectorAll('.notice.error')].filter(shown);
  const broken = [...document.querySelectorAll('img')].filter((i) => shown(i) && i.complete && i.naturalWidth === 0);
  return [
    ...waits.map((e) => `not loaded: ${e.className}`), ...failed.map((e) => `an error: ${e.innerText}`), ...broken.map((i) => `no picture at ${i.src}`),
  ];
}

/** Takes them into `dir`, and looks at each; the page goes back to what it was. `least`: how many texts it shows at least. */
export async function pictures(watched, dir, name, least = 10) {
  const { page } = watched;
  // A picture that waits until it is scrolled to is part of the page.
  await page.evaluate(() => Promise.all([...document.querySelectorAll('img[loading=lazy]')].map((i) => {
    i.loading = 'eager';
    return i.decode().catch(() => {});
  })));
  assert.deepEqual(await page.evaluate(unfinished), [], `${name}: ${page.url()}`);
  for (const [size, width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(dir, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      const label = `${name}, ${size}, ${colorScheme}`;
      await checkText(page, label, least);
      // Between these two axe has seen both sizes and both schemes; what differs in the others is text, and that was looked at.
      if ((size === 'laptop') === (colorScheme === 'light')) await checkAxe(page, label);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
}
