// A wall that stays up: hundreds of thousands of frames through a real socket, over several midnights, and what the browser
// holds at the end against what it held at a tenth. A real server gives pages and the first snapshot; the frames come from
// a relay, for the server itself sends at most twenty a second.
//
//   node prove/soak.mjs [--frames 200000] [--first 20000] [--rate 600]
//
// Prints heap after garbage collection, memory of the module, DOM nodes and listeners at both; ends with 1 if any of them
// grew by more than 5 %.

import { demo, makeHome, serve } from '../lib/server.mjs';
import { context, launch, wallFrame, watchedPage } from '../lib/browser.mjs';
import { relay } from '../lib/relay.mjs';
import { city } from '../lib/play.mjs';

const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const frames = option('frames', 200_000);
const first = option('first', frames / 10);
const rate = option('rate', 600);
const GROWTH = 1.05;

const home = await makeHome();
let browser;
let middle;
let failed = false;
try {
  await demo(home, { cylinders: 2_000, stations: 40, days: 2 });
  const server = await serve(home);
  browser = await launch();
  let played;
  let sent = 0;
  middle = await relay(server.base, (send, snapshot, waiting) => {
    const plays = (played = city(snapshot));
    let stopped = false;
    (async () => {
      await send(snapshot);
      sent += 1;
      const begun = performance.now();
      let here = 0;
      while (!stopped) {
        // As many as are due, unless the wall is behind.
        const due = Math.floor(((performance.now() - begun) / 1_000) * rate);
        while (here < due && waiting() < 1 << 20 && !stopped) {
          const frame = plays.next();
          here += 1;
          sent += 1;
          await send(frame);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    return () => { stopped = true; };
  });
  const watched = await watchedPage(await context(browser));
  const { page } = watched;
  await page.context().request.get(server.pairing.replace(server.base, middle.base));
  await page.goto(`${middle.base}/wall`);
  const frame = await wallFrame(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.enable');
  const received = () => frame.evaluate(() => window.__pingji.received);
  const until = async (wanted) => {
    for (;;) {
      const now = await received();
      if (now >= wanted) return now;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  const look = async () => {
    // Twice: what the first collection lets go may hold on to more.
    await cdp.send('HeapProfiler.collectGarbage');
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
    const memory = await frame.evaluate(() => window.__pingji.memory());
    return { frame: await received(), heap: usedSize, wasm_memory: memory, dom_nodes: nodes, listeners: jsEventListeners };
  };
  const begun = Date.now();
  await until(first);
  const early = await look();
  // What lies between says whether it grows, or once needed more.
  const memory = [];
  for (let step = 1; step < 10; step += 1) {
    const at = await until(first + Math.round(((frames - first) * step) / 10));
    memory.push([at, await frame.evaluate(() => window.__pingji.memory())]);
  }
  await until(frames);
  const late = await look();
  const applied = await frame.evaluate(() => window.__pingji.applied);
  const growth = Object.fromEntries(['heap', 'wasm_memory', 'dom_nodes', 'listeners'].map((key) => [key, +(late[key] / early[key]).toFixed(3)]));
  console.log(JSON.stringify({ at: early }));
  console.log(JSON.stringify({ wasm_memory_by_frame: memory }));
  console.log(JSON.stringify({ at: late }));
  console.log(JSON.stringify({ growth, changes_applied: applied, midnights: played.days, seconds: Math.round((Date.now() - begun) / 1_000), sent }));
  failed = Object.values(growth).some((ratio) => !(ratio <= GROWTH)) || !(early.wasm_memory > 0) || played.days < 2;
  watched.clean('during the soak');
  await watched.close();
  await middle.close();
  await server.stop();
} finally {
  await browser?.close();
  await home.remove();
}
console.log(failed ? 'MISSED a pass mark' : `within the pass marks: at frame ${frames} at most ${GROWTH} times what it was at frame ${first}`);
process.exit(failed ? 1 : 0);
