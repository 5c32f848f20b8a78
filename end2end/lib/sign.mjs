// A fill gun in JavaScript: signs requests as the device API asks, written from the protocol, not from the server.

import { createHash, createHmac, randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';

/** The four headers of a signed request. `target` is path and query. */
export function headers(device, method, target, body, { time = Date.now(), nonce = randomBytes(18).toString('base64url') } = {}) {
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const text = `${method}\n${target}\n${time}\n${nonce}\n${bodyHash}`;
  return {
    'x-pingji-key': device.key_id,
    'x-pingji-time': String(time),
    'x-pingji-nonce': nonce,
    'x-pingji-signature': createHmac('sha256', Buffer.from(device.secret, 'hex')).update(text).digest('hex'),
  };
}

/** Sends a signed request; returns the status and the parsed answer. */
export async function send(base, device, method, target, payload, { time } = {}) {
  const body = payload === undefined ? '' : JSON.stringify(payload);
  const answer = await fetch(base + target, {
    method,
    headers: { ...headers(device, method, target, body, time ? { time } : {}), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body }),
  });
  const text = await answer.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* an error page: the text says what */ }
  return { status: answer.status, json, text };
}

async function expectOk(base, device, method, target, payload, options) {
  const answer = await send(base, device, method, target, payload, options);
  assert.equal(answer.status, 200, `${method} ${target} answered ${answer.status}: ${answer.text.slice(0, 2000)}`);
  return answer.json;
}

const seconds = (at) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
let attempts = 0;

/**
 * One whole fill: asks, fills, uploads. Takes the first of the organisation's cylinders, from `skip` on, that the gate
 * lets pass. Returns its tag and the answers. `offset` is how far the server's clock is from ours, ms.
 */
export async function fill(base, keys, { device = keys.devices.find((one) => one.kind === 'gun'), skip = 0, offset = 0 } = {}) {
  assert.ok(device, 'demo-keys.json names no gun');
  const options = () => ({ time: Date.now() + offset });
  const me = await expectOk(base, device, 'GET', '/api/v1/devices/me', undefined, options());
  const own = keys.cylinders.filter((one) => one.org_id === device.org_id && one.medium === device.medium);
  assert.ok(own.length > skip, `the demo has ${own.length} cylinders for this gun, wanted more than ${skip}`);
  const refusals = [];
  for (const cylinder of own.slice(skip, skip + 25)) {
    const attempt = `e2e-${process.pid}-${Date.now()}-${++attempts}`;
    const now = Date.now() + offset;
    const verdict = await expectOk(base, device, 'POST', '/api/v1/fills/authorize', {
      attempt, tag: cylinder.tag, medium: device.medium, at: seconds(now),
    }, options());
    if (verdict.decision !== 'ALLOW') {
      refusals.push(`${cylinder.tag}: ${verdict.decision} ${verdict.reasons.map((reason) => reason.code).join(' ')}`);
      continue;
    }
    const net = cylinder.max_fill_g - 200;
    const record = {
      epoch: me.epoch, seq: me.next_seq, tag: cylinder.tag, medium: device.medium,
      started_at: seconds(now - 60_000), ended_at: seconds(now),
      gross_g: cylinder.tare_g + net, tare_g: cylinder.tare_g, net_g: net, operator: 'F01', attempt,
    };
    const receipt = await expectOk(base, device, 'POST', '/api/v1/fills', { records: [record] }, options());
    assert.equal(receipt.results?.[0]?.status, 'ACCEPTED', `the fill was not accepted: ${JSON.stringify(receipt)}`);
    assert.equal(receipt.next_seq, me.next_seq + 1);
    return { tag: cylinder.tag, device, verdict, record, receipt };
  }
  throw new Error(`the gate let none of the demo's cylinders pass:\n${refusals.join('\n')}`);
}

/** A gun asks for a tag that no register knows: refused, and an alert. Returns the answer. */
export async function refused(base, keys, { device = keys.devices.find((one) => one.kind === 'gun'), tag = '9999999999', offset = 0 } = {}) {
  const now = Date.now() + offset;
  const answer = await expectOk(base, device, 'POST', '/api/v1/fills/authorize', {
    attempt: `e2e-${process.pid}-${now}-${++attempts}`, tag, medium: device.medium, at: seconds(now),
  }, { time: now });
  assert.equal(answer.decision, 'BLOCK');
  return answer;
}
