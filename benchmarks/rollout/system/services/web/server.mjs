// A service whose faults stand in a file beside it, so that each revision can have one of its own.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const {
  version,
  fails = 0,
  ms = 2,
  cpuMs = 0,
  crashAfterMs,
  crashTogetherMs,
  leakBytes,
  neverReady,
} = JSON.parse(readFileSync(new URL('behaviour.json', import.meta.url), 'utf8'));
const leaked = [];
const server = createServer((request, response) => {
  if (request.url === '/readyz') return response.writeHead(neverReady ? 503 : 200).end();
  if (leakBytes) leaked.push(Buffer.alloc(leakBytes, 1));
  const busyUntil = performance.now() + cpuMs;
  while (performance.now() < busyUntil);
  setTimeout(() => response.writeHead(Math.random() < fails ? 500 : 200).end(version), ms);
});
server.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
if (crashAfterMs) setTimeout(() => process.exit(9), crashAfterMs);
// By the clock of the machine, so that all instances end at one instant; not in the middle of a start.
if (crashTogetherMs) {
  const untilMs = crashTogetherMs - (Date.now() % crashTogetherMs);
  setTimeout(() => process.exit(9), untilMs < 2_000 ? untilMs + crashTogetherMs : untilMs);
}
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close(() => process.exit(0)));
