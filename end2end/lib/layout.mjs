// What a person standing in front of the wall would complain about, found in the page.

import assert from 'node:assert/strict';

/**
 * Runs in the page. Returns what is wrong:
 * - text cut off: wider than its box, or outside a box that clips it, or outside the window ([data-clip-ok] may);
 * - [data-tile] elements that overlap each other or leave the window;
 * - text smaller than 1/60 of the window's height. A canvas says the smallest text that it drew, in CSS pixels, in
 *   data-min-font ("none" if it draws no text).
 */
function inspect() {
  const problems = [];
  const smallest = window.innerHeight / 60;
  const counts = { texts: 0, tiles: 0, canvases: 0 };
  const name = (element) => {
    const test = element.closest('[data-testid]')?.dataset.testid;
    const tile = element.closest('[data-tile]')?.dataset.tile;
    const own = element.tagName.toLowerCase() + (element.classList.length ? '.' + [...element.classList].join('.') : '');
    return own + (test ? ` in [data-testid=${test}]` : '') + (tile ? ` in tile ${tile}` : '');
  };
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  // For screen readers only: there, but a pixel large or clipped to nothing (a table never gets as narrow as a pixel).
  const hiddenFromEyes = (element) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const box = at.getBoundingClientRect();
      const style = getComputedStyle(at);
      if (/inset\((50|100)%/.test(style.clipPath) || /^rect\([01]px,? [01]px,? [01]px,? [01]px\)/.test(style.clip)) return true;
      const clips = style.overflowX !== 'visible' || style.clipPath !== 'none' || style.clip !== 'auto';
      if (clips && box.width <= 1.5 && box.height <= 1.5) return true;
    }
    return false;
  };
  const scale = (element) => {
    if (element instanceof SVGElement) {
      const matrix = (element.getScreenCTM ? element : element.ownerSVGElement)?.getScreenCTM();
      if (matrix) return Math.hypot(matrix.a, matrix.b);
    }
    let factor = 1;
    for (let at = element; at; at = at.parentElement) {
      const { transform } = getComputedStyle(at);
      if (transform && transform !== 'none') {
        const matrix = new DOMMatrix(transform);
        factor *= Math.hypot(matrix.a, matrix.b);
      }
    }
    return factor;
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.data.trim();
    if (!text || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'TITLE'].includes(element.tagName)) continue;
    if (!visible(element) || hiddenFromEyes(element)) continue;
    counts.texts += 1;
    const quote = JSON.stringify(text.slice(0, 40));
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize) * scale(element);
    if (size < smallest - 0.05) {
      problems.push(`small: ${size.toFixed(1)} px, at least ${smallest.toFixed(1)} wanted: ${quote} ${name(element)}`);
    }
    if (element.closest('[data-clip-ok]')) continue;

    if (!seen.has(element) && style.overflowX !== 'visible' && element.clientWidth > 0) {
      seen.add(element);
      if (element.scrollWidth > element.clientWidth + 1) {
        problems.push(`cut off: ${element.scrollWidth} px of text in ${element.clientWidth}: ${quote} ${name(element)}`);
        continue;
      }
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      if (line.width < 0.5) continue;
      // The em box: a font's own line may be much taller than its letters.
      const middle = (line.top + line.bottom) / 2;
      const box = { left: line.left, right: line.right, top: middle - size * 0.4, bottom: middle + size * 0.4 };
      const outside = (rect, x, y) =>
        (x && (box.left < rect.left - 1.5 || box.right > rect.right + 1.5)) ||
        (y && (box.top < rect.top - 1.5 || box.bottom > rect.bottom + 1.5));
      let clipper = null;
      for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
        const { overflowX, overflowY, display } = getComputedStyle(at);
        if (display === 'inline' || display === 'contents') continue;
        if (outside(at.getBoundingClientRect(), overflowX !== 'visible', overflowY !== 'visible')) { clipper = at; break; }
      }
      const frame = { left: 0, top: 0, right: window.innerWidth, bottom: window.innerHeight };
      if (clipper) problems.push(`cut off by ${name(clipper)}: ${quote} ${name(element)}`);
      else if (outside(frame, true, true)) problems.push(`outside the window: ${quote} ${name(element)}`);
      else continue;
      break;
    }
  }

  const tiles = [...document.querySelectorAll('[data-tile]')].filter(visible);
  counts.tiles = tiles.length;
  const boxes = tiles.map((tile) => tile.getBoundingClientRect());
  tiles.forEach((tile, i) => {
    const a = boxes[i];
    if (a.left < -1 || a.top < -1 || a.right > window.innerWidth + 1 || a.bottom > window.innerHeight + 1) {
      problems.push(`tile leaves the window: ${name(tile)}`);
    }
    if (a.width < 2 || a.height < 2) problems.push(`tile without room: ${name(tile)}`);
    for (let j = i + 1; j < tiles.length; j += 1) {
      const b = boxes[j];
      if (tile.contains(tiles[j]) || tiles[j].contains(tile)) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) problems.push(`tiles overlap by ${across.toFixed(0)}×${down.toFixed(0)}: ${name(tile)} and ${name(tiles[j])}`);
    }
  });

  for (const canvas of [...document.querySelectorAll('canvas')].filter(visible)) {
    counts.canvases += 1;
    const said = canvas.dataset.minFont;
    if (said === 'none') continue;
    const size = parseFloat(said);
    if (!Number.isFinite(size)) problems.push(`canvas does not say its smallest text in data-min-font: ${name(canvas)}`);
    else if (size * scale(canvas) < smallest - 0.05) {
      problems.push(`small: ${size} px on a canvas, at least ${smallest.toFixed(1)} wanted: ${name(canvas)}`);
    }
    const css = canvas.getBoundingClientRect();
    if (css.width && Math.abs(canvas.width / css.width - window.devicePixelRatio) > 0.1) {
      problems.push(`blurred: canvas of ${canvas.width} device pixels shown on ${css.width.toFixed(0)} CSS pixels: ${name(canvas)}`);
    }
  }
  for (const fine of document.querySelectorAll('[data-fineprint]')) problems.push(`fine print has no place on a wall: ${name(fine)}`);
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
  if (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1) {
    problems.push(`the page scrolls: ${scrollWidth}×${scrollHeight} in ${clientWidth}×${clientHeight}`);
  }
  return { problems: [...new Set(problems)], counts };
}

/** Fails if the wall in `frame` would make its viewers complain, or if there was nothing to look at. */
export async function checkWall(frame, label) {
  const { problems, counts } = await frame.evaluate(inspect);
  assert.deepEqual(problems, [], `${label}:\n${problems.join('\n')}`);
  assert.ok(counts.tiles >= 3 && counts.texts >= 10 && counts.canvases >= 1, `${label}: hardly anything is shown: ${JSON.stringify(counts)}`);
  return counts;
}
