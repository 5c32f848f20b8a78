// Runs the real `pingji` binary against a database of its own, and takes it down again.

import { spawn, execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtemp, readFile, rm, access, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A graceful stop may take this long (the product's own limit). */
const STOP_WITHIN_MS = 10_000;
const START_WITHIN_MS = 30_000;

async function binary() {
  const wanted = process.env.PINGJI_BIN;
  const places = wanted
    ? [path.resolve(root, wanted)]
    : ['target/release/pingji', 'target/debug/pingji'].map((place) => path.join(root, place));
  for (const place of places) {
    if (await access(place).then(() => true, () => false)) return place;
  }
  throw new Error(`no pingji binary at ${places.join(' or ')}: build it, or set PINGJI_BIN`);
}

/** A port that was free a moment ago. Needed where a server has to come back at the same place. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A database and data folder that nobody else has; `remove()` takes them away. */
export async function makeHome() {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingji-e2e-'));
  const env = {
    PINGJI_DATABASE_URL: `sqlite://${path.join(dir, 'pingji.sqlite')}`,
    PINGJI_DATA_DIR: dir,
    PINGJI_SITE_DIR: path.join(root, 'target/site'),
  };
  return {
    dir,
    env,
    keysFile: path.join(dir, 'demo-keys.json'),
    keys: async () => JSON.parse(await readFile(path.join(dir, 'demo-keys.json'), 'utf8')),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Settings of whoever runs the tests must not reach the server under test. */
function environment(home) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PINGJI_'));
  return { ...Object.fromEntries(own), RUST_BACKTRACE: '1', ...home.env };
}

/** Runs one `pingji` command to its end and returns what it printed. */
export async function pingji(home, args, { timeoutMs = 120_000 } = {}) {
  const program = await binary();
  return new Promise((resolve, reject) => {
    const options = { env: environment(home), cwd: root, timeout: timeoutMs, maxBuffer: 64 << 20 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const how = error.killed ? `ran longer than ${timeoutMs} ms` : `ended with ${error.code ?? error.signal}`;
      reject(new Error(`pingji ${args.join(' ')} ${how}\n${stdout}\n${stderr.slice(-4000)}`));
    });
  });
}

/** Starts a long-running `pingji` command. `stop()` fails unless it ends by itself with code 0 in time. */
async function start(home, args) {
  const program = await binary();
  const child = spawn(program, args, { env: environment(home), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const logFile = path.join(home.dir, `${args[0]}.log`);
  const running = { child, stdout: '', stderr: '', ended: null };
  child.stdout.setEncoding('utf8').on('data', (text) => (running.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => {
    running.stderr = (running.stderr + text).slice(-200_000);
    appendFile(logFile, text).catch(() => {});
  });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  }).then((how) => (running.ended = how));

  const within = (ms) => Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms, null).unref())]);
  const tail = () => `--- end of its stderr:\n${running.stderr.slice(-4000)}`;

  return Object.assign(running, {
    tail,
    waitEnd: within,
    /** The first match of `pattern` in its stdout. */
    async line(pattern) {
      const deadline = Date.now() + START_WITHIN_MS;
      for (;;) {
        const match = running.stdout.match(pattern);
        if (match) return match;
        if (running.ended) throw new Error(`pingji ${args[0]} ended early: ${JSON.stringify(running.ended)}\n${tail()}`);
        if (Date.now() > deadline) throw new Error(`pingji ${args[0]} did not print ${pattern}\n${running.stdout}\n${tail()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      if (running.ended) throw new Error(`pingji ${args[0]} was gone before its end: ${JSON.stringify(running.ended)}\n${tail()}`);
      child.kill('SIGTERM');
      const how = await within(STOP_WITHIN_MS);
      if (!how) {
        child.kill('SIGKILL');
        throw new Error(`pingji ${args[0]} did not end within ${STOP_WITHIN_MS} ms of SIGTERM\n${tail()}`);
      }
      if (how.code !== 0) throw new Error(`pingji ${args[0]} ended with ${JSON.stringify(how)} on SIGTERM\n${tail()}`);
      if (/panicked at/.test(running.stderr)) throw new Error(`pingji ${args[0]} panicked\n${tail()}`);
    },
    /** As if the power went. */
    async kill9() {
      child.kill('SIGKILL');
      await ended;
    },
  });
}

/** Starts the server; resolves when it listens. `clockOffset` moves its clock, in seconds: a demonstration's only. */
export async function serve(home, { port = 0, clockOffset = 0, siteDir = home.env.PINGJI_SITE_DIR } = {}) {
  const server = await start(home, [
    'serve', '--listen', `127.0.0.1:${port}`, '--database-url', home.env.PINGJI_DATABASE_URL,
    '--data-dir', home.dir, '--site-dir', siteDir, ...(clockOffset ? ['--clock-offset', String(clockOffset)] : []),
  ]);
  try {
    const [, base] = await server.line(/^listening on (http:\/\/\S+?)\/?\s*$/m);
    const [, pairing] = await server.line(/^wall: (http:\/\/\S+)\s*$/m);
    return Object.assign(server, { base, pairing });
  } catch (error) {
    server.child.kill('SIGKILL');
    throw error;
  }
}

/** A separate client that plays a living city. */
export async function simulate(home, base, { rate = 10, seed = 7, seconds = 120, faults = 'none' } = {}) {
  return start(home, [
    'simulate', '--url', base, '--keys', home.keysFile, '--rate', String(rate), '--seed', String(seed),
    '--duration', String(seconds), '--faults', faults,
  ]);
}

/** A small demo city in a fresh database. */
export async function demo(home, { cylinders = 300, stations = 6, days = 3 } = {}) {
  return pingji(home, [
    'demo', '--database-url', home.env.PINGJI_DATABASE_URL, '--data-dir', home.dir,
    '--cylinders', String(cylinders), '--stations', String(stations), '--days', String(days),
  ]);
}
