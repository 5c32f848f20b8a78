// What makes the reader of an office page complain: sideways scroll, text cut off, text without contrast, and what axe finds.

import assert from 'node:assert/strict';
import axe from 'axe-core';

function inspect() {
  const problems = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) problems.push(`the page scrolls sideways by ${scrollWidth - clientWidth} px`);
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const colour = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = colour(getComputedStyle(at).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const name = (e) => e.tagName.toLowerCase() + (e.classList.length ? '.' + [...e.classList].join('.') : '');
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.data.trim();
    if (!text || ['SCRIPT', 'STYLE', 'OPTION', 'NOSCRIPT'].includes(element.tagName)) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    if (element.closest('.skip') || getComputedStyle(element.closest('thead') ?? element).clipPath !== 'none') continue;
    texts += 1;
    const quote = `${JSON.stringify(text.slice(0, 30))} ${name(element)}`;
    if (parseFloat(style.fontSize) < 12) problems.push(`small: ${style.fontSize}: ${quote}`);
    const [a, b] = [luminance(colour(style.color).slice(0, 3)), luminance(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) problems.push(`contrast ${contrast.toFixed(2)}: ${quote}`);
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      // What scrolls on purpose can be reached.
      if (overflowX === 'auto' || overflowX === 'scroll') break;
      if (overflowX === 'visible') continue;
      const clip = at.getBoundingClientRect();
      if (box.right > clip.right + 1.5 || box.left < clip.left - 1.5) problems.push(`cut off by ${name(at)}: ${quote}`);
      break;
    }
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!field.checkVisibility()) continue;
    const named = field.labels?.length || field.getAttribute('aria-label');
    if (!named) problems.push(`a field without a name: ${field.name}`);
  }
  return { problems: [...new Set(problems)], texts };
}

/** Fails if the page would make its readers complain, or if there is nothing to read: fewer than `least` texts. */
export async function checkText(page, label, least = 10) {
  const { problems, texts } = await page.evaluate(inspect);
  assert.deepEqual(problems, [], `${label}:\n${problems.join('\n')}`);
  assert.ok(texts >= least, `${label}: hardly anything is shown`);
}

/** Fails if axe finds something serious in the page. */
export async function checkAxe(page, label) {
  // A page that is left and come back to by its router, or that is looked at twice, has it already.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    const grave = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
    return grave.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} (${n.target.join(' ')})`));
  });
  assert.deepEqual(found, [], `${label}, axe:\n${found.join('\n')}`);
}

/** Both. */
export async function checkPage(page, label, least) {
  await checkText(page, label, least);
  await checkAxe(page, label);
}
