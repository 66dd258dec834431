import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { httpInstance, rawInstance, until, world } from './world.ts';

const CONNECTIONS = 2_000;
const LANES = 32;

/** Numerical Recipes' generator: a run can be repeated from its seed. */
function diceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const dice = diceFrom(seed);
const pick = <T>(all: readonly T[]): T => all[Math.floor(dice() * all.length)]!;

/** Mostly honest, now and then early, cut short, or gone. */
function moody(request: IncomingMessage, response: ServerResponse): void {
  const mood = dice();
  if (mood < 0.1) request.socket.destroy();
  else if (mood < 0.2) response.writeHead(413).end('early');
  else if (mood < 0.3) response.write('cut', () => request.socket.destroy());
  else if (mood < 0.5) request.pipe(response);
  else request.resume().on('end', () => response.end('y'.repeat(dice() * 70_000)));
}

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
];

function lying(socket: Socket): void {
  socket.on('data', () => (dice() < 0.3 ? socket.resetAndDestroy() : socket.write(pick(ANSWERS))));
}

/** A request that is right, or has one thing broken somewhere. */
function message(): string {
  const body = 'z'.repeat(dice() * 3_000);
  const more = pick([
    '',
    'Connection: close\r\n',
    'Expect: 100-continue\r\n',
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  ]);
  const head = `${pick(['GET', 'POST', 'PUT', 'HEAD'])} /a HTTP/1.${pick([1, 1, 1, 0])}\r\nHost: h\r\n${more}`;
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
  const whole = pick([
    `${head}\r\n`,
    `${head}Content-Length: ${body.length}\r\n\r\n${body}`,
    `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`,
  ]);
  if (dice() > 0.2) return whole;
  const at = Math.floor(dice() * whole.length);
  return whole.slice(0, at) + pick(['\r', '\n', '\0', ' ', '\r\n', '\xe9', ':']) + whole.slice(at + dice() * 3);
}

/** Sends a few messages in pieces, and leaves in one of the ways that clients leave. */
function visit(port: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1').resume();
  const bytes = Buffer.from(Array.from({ length: 1 + dice() * 4 }, message).join(''), 'latin1');
  const leave = pick([() => socket.end(), () => socket.destroy(), () => socket.resetAndDestroy()]);
  const timer = setTimeout(() => socket.destroy(), 500);
  const sendFrom = (at: number) => {
    if (socket.destroyed) return;
    if (at >= bytes.length) {
      leave();
      return;
    }
    const next = at + 1 + Math.floor(dice() * 2_000);
    socket.write(bytes.subarray(at, next));
    setImmediate(() => sendFrom(next));
  };
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(timer);
    resolve();
  });
  sendFrom(0);
  return promise;
}

test(`whatever clients and instances do, nothing is left in flight and nothing unexpected happens (SEED=${seed})`, async (t) => {
  const instances = [await httpInstance(t, moody), await httpInstance(t, moody), await rawInstance(t, lying)];
  const { edge, plane } = await world(t, instances);
  let left = CONNECTIONS;
  const lane = async () => {
    while (left-- > 0) await visit(edge);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await until(() => plane.stats.inFlight === 0);
  assert.equal(plane.stats.unexpected, 0);
  assert.deepEqual(plane.inFlight, {});
  assert.ok((plane.readStats().edges[0]?.statuses['2xx'] ?? 0) > CONNECTIONS / 10);
});
