import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import { LIMITS } from '../limits.ts';
import { DataPlane } from '../plane.ts';
import { ExplainTokens } from '../record/explain-tokens.ts';
import { type Hint, SharedStates } from '../shared/shared-states.ts';
import { LineBatch } from './line-batch.ts';
import type { Answers, Order, Ordered, Saying, ThreadData } from './messages.ts';

/** A thread that carries traffic, and does as the main thread says. */
const { lane, memory, pulse, hints, tokenKey } = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error('this is a thread of the proxy, and no program');

const say = (saying: Saying) => port.postMessage(saying);
const channel = new BroadcastChannel(hints);
const states = new SharedStates({ memory, lane, tell: (hint) => channel.postMessage(hint) });
const lines = new LineBatch((batch) => say({ kind: 'lines', lines: batch }));
const plane = new DataPlane({ sink: lines, tokens: ExplainTokens.at(tokenKey), states });
plane.on('drained', (instance) => say({ kind: 'drained', instance }));
plane.on('wanted', (service) => say({ kind: 'wanted', service }));

const words = new Int32Array(pulse);
setInterval(() => {
  Atomics.add(words, 0, 1);
  Atomics.store(words, 1, plane.stats.inFlight);
}, LIMITS.inFlightFileMs);

channel.onmessage = (event) => {
  const hint = (event as { readonly data: Hint }).data;
  plane.heed(hint);
  states.heed(hint);
};

// A mistake in the handling of one connection must not end all the others.
process.on('uncaughtException', (error) => {
  plane.stats.unexpected++;
  say({ kind: 'unexpected', text: error.stack ?? error.message });
});

port.on('message', ({ call, order }: Ordered) => {
  void carryOut(order).then((answer) => say({ kind: 'answer', call, answer }));
});
say({ kind: 'ready' });

async function carryOut(order: Order): Promise<Answers[Order['kind']]> {
  switch (order.kind) {
    case 'apply':
      await plane.share(order.threads, { kind: 'other', open: new Set(order.open) });
      await plane.apply(order.table);
      return state();
    case 'state':
      return state();
    case 'stats':
      return plane.readStats();
    case 'purge':
      return plane.purge(order.purge) ?? 0;
    case 'flush':
      lines.flush();
      return undefined;
    case 'close':
      await plane.close({ byMs: order.byMs, graceMs: order.graceMs });
      lines.flush();
      return plane.readStats();
  }
}

function state(): Answers['state'] {
  const { problems, inFlight, longLived } = plane;
  return { problems, inFlight, longLived };
}
