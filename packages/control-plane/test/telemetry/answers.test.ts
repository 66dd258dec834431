import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type TelemetryClient, telemetryHandlers } from '../../src/api/telemetry.ts';
import type { System } from '../../src/system.ts';

const LINE = {
  text: 'paid with sk_42',
  attributes: { card: { key: 'sk_42' }, tries: [1, 'sk_42'] },
  at: 42,
  gone: null,
};
const CLEAN = {
  text: 'paid with [redacted]',
  attributes: { card: { key: '[redacted]' }, tries: [1, '[redacted]'] },
  at: 42,
  gone: null,
};

/** A telemetry process that tells what services printed, whatever it is asked. */
function handlers() {
  const client = new Proxy(
    {},
    {
      get: (_, name) =>
        name === 'tailLogRecords' || name === 'live'
          ? async function* () {
              yield LINE;
            }
          : async () => ({ logs: [LINE], requests: [] }),
    },
  ) as TelemetryClient;
  const parts = { telemetry: { client }, state: { applied: { current: () => undefined } } };
  const redact = (text: string) => text.replaceAll('sk_42', '[redacted]');
  return telemetryHandlers({ parts, redact } as unknown as System);
}

const request = { params: {}, query: { kinds: 'overview' }, body: undefined, signal: new AbortController().signal };

for (const name of ['logRecords', 'trace', 'traces', 'errorGroups', 'metrics', 'overview'] as const) {
  it(`takes secrets out of what ${name} answers, wherever they are in it`, async () => {
    const answer = await handlers()[name](request as never);
    assert.deepEqual((answer as unknown as { logs: unknown }).logs, [CLEAN]);
  });
}

for (const name of ['tailLogRecords', 'live'] as const) {
  it(`takes secrets out of what ${name} tells as it comes`, async () => {
    const told: unknown[] = [];
    for await (const value of handlers()[name](request as never)) told.push(value);
    assert.deepEqual(told, [CLEAN]);
  });
}
