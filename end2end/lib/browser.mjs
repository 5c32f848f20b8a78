// Debian's Chromium, and a page that notes everything that should not happen.

import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--hide-scrollbars',
];

export function launch() {
  const executablePath = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** A context of its own (own cookies) at a size, in the wall's language and zone. */
export function context(browser, { width = 1920, height = 1080 } = {}) {
  return browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
}

/** A context of an office at a laptop; `others` are Playwright's own options, such as whose it is. */
export function laptop(browser, others = {}) {
  return browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...others });
}

/** A context as wide as a phone. */
export function phone(browser, others = {}) {
  return laptop(browser, { viewport: { width: 390, height: 844 }, ...others });
}

/**
 * A page whose faults are collected: console errors, hydration warnings, uncaught exceptions, failed requests,
 * answers of 400 and above. `clean()` fails if there were any. Inside `outage(...)` a dead network is no fault,
 * but an exception or a panic still is.
 */
export async function watchedPage(context) {
  const page = await context.newPage();
  const faults = [];
  let outage = 0;
  let closing = false;
  const network = (text) => /WebSocket connection to|Failed to load resource|net::ERR_|Failed to fetch/.test(text);

  page.on('console', (message) => {
    const text = message.text();
    const where = message.location().url ?? '';
    const bad = message.type() === 'error' || /hydrat|panicked|mismatch/i.test(text) || message.type() === 'assert';
    if (!bad || (outage && network(text))) return;
    faults.push(`console ${message.type()}: ${text} (${where})`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.stack ?? error}`));
  page.on('crash', () => faults.push('the page crashed'));
  page.on('requestfailed', (request) => {
    if (outage || closing) return;
    // Given up by the browser itself, because the page was left while it was under way. A server that breaks off is another error.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
    faults.push(`request failed: ${request.method()} ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('response', (response) => {
    if (outage || response.status() < 400) return;
    faults.push(`answer ${response.status()}: ${response.request().method()} ${response.url()}`);
  });

  return {
    page,
    faults,
    clean(when = '') {
      assert.deepEqual(faults, [], `the browser complained ${when}:\n${faults.join('\n')}`);
    },
    async outage(work) {
      outage += 1;
      try {
        return await work();
      } finally {
        // What the outage caused may be reported a moment after it ended.
        await new Promise((resolve) => setTimeout(resolve, 500));
        outage -= 1;
      }
    },
    async close() {
      closing = true;
      await page.close();
    },
  };
}

/** The frame that holds the wall: the page itself, or a frame inside a shell page. */
export async function wallFrame(page, { timeoutMs = 20_000 } = {}) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    for (const frame of page.frames()) {
      const here = await frame.$('[data-testid=freshness]').catch(() => null);
      if (here) return frame;
    }
    if (Date.now() > deadline) {
      const body = await page.evaluate(() => document.body?.innerText.slice(0, 500)).catch(() => '');
      throw new Error(`no wall ([data-testid=freshness]) at ${page.url()} within ${timeoutMs} ms; the page says: ${body}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until the wall says that its data is live, stale, … */
export function freshness(frame, state, timeoutMs) {
  return frame.waitForSelector(`[data-testid=freshness][data-state=${state}]`, { state: 'attached', timeout: timeoutMs });
}

/** A figure on the page as a number: 「1,234 瓶」 → 1234. The first one may be a frame later than the word "live". */
export async function figure(frame, testid) {
  const deadline = Date.now() + 2_000;
  for (;;) {
    const text = await frame.locator(`[data-testid=${testid}]`).first().innerText();
    const digits = text.replace(/[,，\s\u00a0\u202f]/g, '').match(/-?\d+(\.\d+)?/);
    if (digits) return Number(digits[0]);
    assert.ok(Date.now() < deadline, `[data-testid=${testid}] shows no number: ${JSON.stringify(text)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until `probe` answers something true. */
export async function eventually(what, probe, { timeoutMs = 10_000, everyMs = 50 } = {}) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The names and numbers of a tile of rows. */
export function rows(frame, testid) {
  return frame.locator(`[data-testid=${testid}] .row`).evaluateAll((all) => all.map((row) => ({
    name: row.querySelector('.name').textContent, text: row.querySelector('b').textContent,
  })));
}
