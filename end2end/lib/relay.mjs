// Stands between a wall and its server: passes everything through but the feed, which it plays itself, as fast as wanted.
// The first snapshot is the server's own; what follows are lawful frames of the same form.

import { createServer, request } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

/** Starts a relay to `base`. `play(send, snapshot)` is called for each wall that connects; what it returns stops it. */
export async function relay(base, play) {
  const target = new URL(base);
  const server = createServer((incoming, outgoing) => {
    // The host stays that of the relay: the server compares it with the Origin.
    const onward = request({ host: target.hostname, port: target.port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  const walls = new WebSocketServer({ server, path: '/ws' });
  walls.on('connection', async (wall, incoming) => {
    let stop = () => {};
    wall.on('close', () => stop());
    wall.on('error', () => {});
    const snapshot = await first(target, incoming).catch(() => null);
    if (!snapshot) return wall.close(1013, 'the server does not answer');
    const send = (frame) => new Promise((resolve) => {
      if (wall.readyState !== WebSocket.OPEN) return resolve(false);
      wall.send(JSON.stringify(frame), () => resolve(true));
    });
    stop = play(send, snapshot, () => wall.bufferedAmount);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      for (const wall of walls.clients) wall.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The snapshot that the server gives to this wall. */
function first(target, incoming) {
  const address = new URL(incoming.url, `ws://${target.host}`);
  address.searchParams.delete('cursor');
  const upstream = new WebSocket(address, { headers: { cookie: incoming.headers.cookie ?? '' } });
  return new Promise((resolve, reject) => {
    upstream.on('message', (text) => {
      const frame = JSON.parse(text);
      if (frame.k !== 'snapshot') return;
      upstream.close();
      resolve(frame);
    });
    upstream.on('error', reject);
    upstream.on('close', () => reject(new Error('closed')));
  });
}
