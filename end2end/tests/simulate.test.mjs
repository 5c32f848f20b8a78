// What the simulator says it sent is what is stored, without faults and with all of them.

import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import * as product from '../lib/server.mjs';

const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

describe('what the simulator sent is stored', () => {
  let home;
  let server;

  before(async () => {
    home = await product.makeHome();
    await product.demo(home);
    server = await product.serve(home);
  });
  after(async () => {
    if (server && !server.ended) await server.stop();
    await home?.remove();
  });

  const stored = async () => JSON.parse((await product.pingji(home, ['verify', '--json'])).stdout);

  for (const faults of ['none', 'all']) {
    test(`faults ${faults}`, async () => {
      const was = await stored();
      const { stdout } = await product.pingji(home, [
        'simulate', '--url', server.base, '--keys', home.keysFile, '--rate', '20', '--seed', '5', '--duration', '6', '--faults', faults,
      ]);
      const sent = JSON.parse(stdout);
      const is = await stored();
      assert.ok(sent.fills_stored > 60, `only ${sent.fills_stored} fills in six seconds`);
      assert.equal(is.events - was.events, sent.acked.ACCEPTED, 'events stored against records acknowledged as accepted');
      assert.equal(is.attempts - was.attempts, sum(sent.attempts), 'attempts stored against questions answered');
      assert.equal(is.differences, 0, is.named.join('\n'));
      if (faults === 'all') assert.ok(sum(sent.faults) > 0, 'no fault was played');
    });
  }
});
