import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { TimeoutSpec, TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { type Instance, world } from './world.ts';

/** A world whose clock a test moves: no test waits for a timeout to pass. */
export async function clocked(
  t: TestContext,
  instances: readonly Instance[],
  protocol: 'http' | 'tcp' = 'http',
  timeout: Partial<TimeoutSpec> = {},
) {
  let now = 1_000_000;
  const traffic: TrafficSpec = { ...DEFAULT_TRAFFIC, timeout: { ...DEFAULT_TRAFFIC.timeout, ...timeout } };
  const made = await world(t, instances, protocol, { now: () => now, traffic });
  const pass = (ms: number) => {
    now += ms;
  };
  return { ...made, pass };
}

/** A client that says these bytes, and what it has heard. */
export function client(t: TestContext, port: number, bytes: string) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const seen = { text: '', ended: false };
  socket.on('data', (text: string) => {
    seen.text += text;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    seen.ended = true;
  });
  t.after(() => socket.destroy());
  if (bytes !== '') socket.write(bytes);
  return { socket, seen };
}
