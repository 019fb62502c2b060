#!/usr/bin/env node
// Loads one edge with everything at once for some minutes: hits, misses, ranges, conditional and
// HEAD requests, what may not be stored, over HTTP/1.1 and HTTP/2, clients that hang up, an origin
// that breaks off, reloads and purges. Compares each byte with the origin's and watches the memory
// of the process.
//
//   scripts/soak.mjs [--minutes 10] [--clients 24] [--seed 1] [--json FILE]
//
// DASHPOT_BIN names the binary (target/release/dashpot). Everything is on loopback and in a folder
// that is removed. A third of the clients speak HTTP/2 where openssl is there to make a certificate.
// Exit code 1: a wrong byte, an unexpected status, or memory that grew.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const binary = process.env.DASHPOT_BIN ?? 'target/release/dashpot';
const folder = mkdtempSync(join(tmpdir(), 'dashpot-soak-'));

/** Mulberry32: 32 bits of state are enough to choose requests by. */
let state = Number(options.seed) >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (n) => Math.floor(random() * n);

/** What the origin serves under a number: its size and bytes follow from it alone. */
const SIZES = [700, 1024, 20_000, 65_536, 300_000, 1 << 20, (5 << 20) + 123];
const sizeOf = (number) => SIZES[number % SIZES.length];
const bodies = new Map();
const bodyOf = (number) => {
  let body = bodies.get(number);
  if (!body) {
    body = Buffer.alloc(sizeOf(number));
    for (let at = 0, word = number + 1; at < body.length; at += 1) {
      word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0;
      body[at] = word >>> 16;
    }
    if (bodies.size > 400) bodies.delete(bodies.keys().next().value);
    bodies.set(number, body);
  }
  return body;
};

/** What passes the cache by: a copy in it would be a wrong one for somebody. */
const unstored = (number) => [, , , 'private, max-age=60', , , , 'no-store'][number % 11];

const counts = { requests: 0, http2: 0, unstored: 0, whole: 0, ranges: 0, head: 0, conditional: 0, aborted: 0, reloads: 0, purges: 0, origin: 0, broken: 0, hits: 0, errors: 0 };
const problems = [];
const problem = (text) => {
  counts.errors += 1;
  if (problems.length < 20) problems.push(text);
};

const origin = http.createServer((request, response) => {
  counts.origin += 1;
  const number = Number(/^\/(\d+)\.bin/.exec(request.url)?.[1] ?? NaN);
  if (Number.isNaN(number)) return response.writeHead(404, { 'cache-control': 'max-age=1' }).end();
  const body = bodyOf(number);
  const etag = `"${number}-${body.length}"`;
  const headers = { etag, 'accept-ranges': 'bytes', 'cache-control': ['max-age=5', 'max-age=60, stale-while-revalidate=30', 'no-cache', 'max-age=2, stale-if-error=60'][number % 4] };
  headers['cache-control'] = unstored(number) ?? headers['cache-control'];
  if (number % 5 === 0) headers.vary = 'accept-language';
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end();
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const mayRange = range && (request.headers['if-range'] ?? etag) === etag && Number(range[1]) < body.length;
  const first = mayRange ? Number(range[1]) : 0;
  const last = mayRange && range[2] !== '' ? Math.min(Number(range[2]), body.length - 1) : body.length - 1;
  if (mayRange) headers['content-range'] = `bytes ${first}-${last}/${body.length}`;
  headers['content-length'] = last - first + 1;
  response.writeHead(mayRange ? 206 : 200, headers);
  if (request.method === 'HEAD') return response.end();
  const part = body.subarray(first, last + 1);
  // One in fifty breaks off in the middle: the edge is to go on from there.
  if (random() < 0.02 && part.length > 1) {
    counts.broken += 1;
    return response.write(part.subarray(0, part.length >> 1), () => response.destroy());
  }
  response.end(part);
});
origin.listen(0, '127.0.0.1');
await once(origin, 'listening');

const config = join(folder, 'edge.toml');
const token = join(folder, 'token');
writeFileSync(token, 'soak-token-of-at-least-32-characters\n', { mode: 0o600 });
const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate]);
const tls = made.status === 0 ? `tls-listen = ["127.0.0.1:0"]\ntls-cert = ["${certificate}"]\ntls-key = ["${key}"]\n` : '';
if (!tls) console.error('skipped: HTTP/2, since openssl does not make a certificate');
writeFileSync(config, `[edge]
origin = "http://127.0.0.1:${origin.address().port}"
listen = "127.0.0.1:0"
cache-mem = "64MiB"
cache-disk = "${join(folder, 'disk')}"
cache-disk-size = "256MiB"
admin = "127.0.0.1:0"
admin-token-file = "${token}"
access-log = "${join(folder, 'access.log')}"
${tls}`);
const edge = spawn(binary, ['edge', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
let log = '';
edge.stderr.on('data', (data) => { log = (log + data).slice(-20_000); });
const lines = createInterface({ input: edge.stdout })[Symbol.asyncIterator]();
const base = new URL((await Promise.race([lines.next(), sleep(10_000, { value: '' })])).value || 'http://edge-did-not-start/');
/** The address that the log says after these words. */
const addressOf = async (words) => {
  for (let tries = 0; tries < 50; tries += 1) {
    const found = new RegExp(`${words}.*?addr=\\S*?(127\\.0\\.0\\.1:\\d+)`).exec(log);
    if (found) return found[1];
    await sleep(100);
  }
  problem(`no address after "${words}" in the log: ${log}`);
  return undefined;
};
const operated = await addressOf("operator's listener serves");
const admin = operated && `http://${operated}`;
const secure = tls && (await addressOf('edge serves by TLS'));

const agent = new http.Agent({ keepAlive: true, maxSockets: Number(options.clients) * 2 });
/** Asks; resolves with status, headers and body, or undefined where `take` bytes were enough. */
const ask = (path, { method = 'GET', headers = {}, take = Infinity } = {}) =>
  new Promise((resolve, reject) => {
    const request = http.request(new URL(path, base), { method, headers, agent, timeout: 60_000 }, (response) => {
      const parts = [];
      let length = 0;
      response.on('data', (data) => {
        parts.push(data);
        length += data.length;
        if (take < length) { request.destroy(); resolve(undefined); }
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, whole: response.complete, body: Buffer.concat(parts) }));
      response.on('error', () => (take < Infinity ? resolve(undefined) : reject(new Error(`${method} ${path} ${headers.range ?? ''}: broken off after ${length} of ${response.headers['content-length']}; ${response.headers['cache-status']}`))));
    });
    request.on('timeout', () => request.destroy(new Error('silent for a minute')));
    request.on('error', reject);
    request.end();
  });

/** The same over a connection of HTTP/2, which is made anew where it has ended. */
const over2 = () => {
  let session;
  const connect = () => {
    if (!session || session.closed || session.destroyed) {
      // Room for the largest body: this process is busy, and each turn of it would bring 64 KiB only.
      const settings = { initialWindowSize: 8 << 20 };
      session = http2.connect(`https://${secure}`, { rejectUnauthorized: false, settings });
      session.on('connect', () => session.setLocalWindowSize(8 << 20));
      session.on('error', () => session.destroy());
      session.setMaxListeners(0);
    }
    return session;
  };
  const asking = (path, { method = 'GET', headers = {}, take = Infinity } = {}) =>
    new Promise((resolve, reject) => {
      counts.http2 += 1;
      const what = `${method} ${path} ${headers.range ?? ''} over HTTP/2`;
      const stream = connect().request({ ':method': method, ':path': path, ...headers });
      const parts = [];
      let [length, told] = [0, {}];
      stream.setTimeout(60_000, () => stream.close(http2.constants.NGHTTP2_CANCEL, () => reject(new Error(`${what}: silent for a minute`))));
      stream.on('response', (response) => { told = response; });
      stream.on('data', (data) => {
        parts.push(data);
        length += data.length;
        if (take < length) { stream.close(http2.constants.NGHTTP2_CANCEL); resolve(undefined); }
      });
      stream.on('close', () => {
        // A stream that is reset has its code; one that its client gave up has been answered above.
        if (stream.rstCode === 0) return resolve({ status: told[':status'], headers: told, whole: true, body: Buffer.concat(parts) });
        return take < Infinity ? resolve(undefined) : reject(new Error(`${what}: reset with ${stream.rstCode} after ${length}; ${told['cache-status']}`));
      });
      stream.on('error', (error) => (take < Infinity ? resolve(undefined) : reject(new Error(`${what}: ${error.message} after ${length}; ${told['cache-status']}`))));
      stream.end();
    });
  return { asking, end: () => session?.close() };
};

const check = (what, answer, status, expected) => {
  if (answer.status !== status) return problem(`${what}: ${answer.status} instead of ${status}; ${answer.headers['cache-status']}`);
  if (expected && !answer.body.equals(expected)) return problem(`${what}: wrong bytes (${answer.body.length} of ${expected.length}); ${answer.headers['cache-status']}`);
  if (/; hit/.test(answer.headers['cache-status'] ?? '')) counts.hits += 1;
};

const one = async (asking) => {
  // Few are asked for often: mostly hits, with a tail that keeps both tiers turning over.
  const number = Math.floor(700 * random() ** 3);
  const path = `/${number}.bin`;
  const headers = { 'accept-language': ['en', 'ko', 'de'][below(3)] };
  const body = bodyOf(number);
  const kind = random();
  counts.requests += 1;
  const passes = unstored(number) !== undefined;
  counts.unstored += Number(passes);
  const ask = async (...asked) => {
    const answer = await asking(...asked);
    if (passes && /; hit|; stored/.test(answer?.headers['cache-status'] ?? '')) problem(`${path} is stored: ${answer.headers['cache-status']}`);
    return answer;
  };
  if (kind < 0.62) {
    counts.whole += 1;
    check(path, await ask(path, { headers }), 200, body);
  } else if (kind < 0.82) {
    counts.ranges += 1;
    const first = below(body.length);
    const last = Math.min(body.length - 1, first + below(400_000));
    headers.range = `bytes=${first}-${last}`;
    check(`${path} ${headers.range}`, await ask(path, { headers }), 206, body.subarray(first, last + 1));
  } else if (kind < 0.90) {
    counts.aborted += 1;
    await ask(path, { headers, take: below(body.length) });
  } else if (kind < 0.95) {
    counts.head += 1;
    check(`HEAD ${path}`, await ask(path, { method: 'HEAD', headers }), 200);
  } else {
    counts.conditional += 1;
    headers['if-none-match'] = `"${number}-${body.length}"`;
    check(`conditional ${path}`, await ask(path, { headers }), 304);
  }
};

const end = Date.now() + Number(options.minutes) * 60_000;
const client = async (_, nth) => {
  const { asking, end: hangUp } = secure && nth % 3 === 2 ? over2() : { asking: ask, end: () => undefined };
  while (Date.now() < end && problems.length < 20) {
    await one(asking).catch((error) => problem(`${error.message}`));
  }
  hangUp();
};
const operator = async () => {
  for (let turn = 0; Date.now() < end; turn += 1) {
    await sleep(Math.min(3_000, Math.max(0, end - Date.now())));
    if (turn % 5 === 4) { edge.kill('SIGHUP'); counts.reloads += 1; }
    if (!admin) continue;
    const what = [{ url: `/${below(700)}.bin` }, { prefix: `/${below(70)}` }, { url: `/${below(700)}.bin`, soft: true }, { tag: 'none' }][turn % 4];
    const answer = await fetch(`${admin}/purge`, { method: 'POST', headers: { authorization: `Bearer ${readFileSync(token, 'utf8').trim()}`, 'content-type': 'application/json' }, body: JSON.stringify(what) }).catch((error) => ({ status: error.message }));
    if (answer.status !== 200) problem(`purge ${JSON.stringify(what)}: ${answer.status}`);
    counts.purges += 1;
  }
};
const rss = [];
const watcher = async () => {
  while (Date.now() < end) {
    const status = readFileSync(`/proc/${edge.pid}/status`, 'utf8');
    rss.push(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.round((end - Date.now()) / 1000)} s left, ${counts.requests} requests, ${rss.at(-1).toFixed(0)} MiB, ${counts.errors} problems `);
    await sleep(Math.min(2_000, Math.max(0, end - Date.now())));
  }
};

await Promise.all([...Array.from({ length: Number(options.clients) }, client), operator(), watcher()]).catch((error) => problem(error.message));
agent.destroy();
edge.kill('SIGTERM');
const [code] = edge.exitCode === null ? await once(edge, 'exit') : [edge.exitCode];
if (code !== 0) problem(`the edge ended with ${code}: ${log}`);
origin.close();
origin.closeAllConnections();
rmSync(folder, { recursive: true, force: true });

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const quarter = Math.max(1, rss.length >> 2);
const [early, late] = [median(rss.slice(quarter, 2 * quarter)), median(rss.slice(-quarter))];
// A tenth is what an allocator's pools wander by.
const grew = late > early * 1.1 + 8;
if (grew) problem(`memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`);
const report = { minutes: Number(options.minutes), ...counts, hit_ratio: counts.hits / Math.max(1, counts.requests), rss_early_mib: early, rss_late_mib: late, rss_max_mib: Math.max(...rss), rss_mib: rss.map(Math.round), problems };
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\n${report.requests} requests in ${report.minutes} min: ${report.whole} whole, ${report.ranges} ranges, ${report.head} HEAD, ${report.conditional} conditional, ${report.aborted} aborted by the client; ${report.http2} over HTTP/2, ${report.unstored} of what is not stored`);
console.log(`${report.origin} requests at the origin, ${report.broken} of them broken off; ${report.reloads} reloads, ${report.purges} purges`);
console.log(`memory ${early.toFixed(0)} MiB in the second quarter, ${late.toFixed(0)} MiB in the last, ${report.rss_max_mib.toFixed(0)} MiB at most`);
for (const text of problems) console.log(`problem: ${text}`);
console.log(report.errors === 0 ? 'no wrong byte, no unexpected status' : `${report.errors} problems`);
process.exit(report.errors === 0 ? 0 : 1);
