import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { ApiError, createClient } from '@islet/client';
import { aService, aStatus, startFake } from '@islet/client/testing';

const accepted = { revision: 2, changed: true, warnings: [] };

function apiError(code: string, text: RegExp) {
  return (error: unknown) => error instanceof ApiError && error.code === code && text.test(error.message);
}

describe('the client', () => {
  test('an answer that is not ours says so, and is not taken for a result', async () => {
    const stranger = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const client = createClient({ url: `http://127.0.0.1:${port}`, token: 'x' });
    await assert.rejects(client.status(), apiError('unavailable', /not Islet's control plane/));
    stranger.closeAllConnections();
    stranger.close();
  });

  test('nobody listening is `unavailable`', async () => {
    const fake = await startFake({ status: aStatus([]) });
    await fake.kill();
    await assert.rejects(createClient(fake).status(), apiError('unavailable', /ECONNREFUSED/));
  });

  test('a wrong token is `unauthorised`', async () => {
    await using fake = await startFake({ status: aStatus([]) });
    const client = createClient({ url: fake.url, token: 'wrong' });
    await assert.rejects(client.status(), apiError('unauthorised', /token/));
  });

  test('an error keeps its code, its hint and every mistake', async () => {
    const place = { file: 'islet.yaml', line: 3, column: 1 };
    const mistake = {
      place,
      path: 'sytem',
      rule: 'unknown-key' as const,
      message: 'no such key',
      found: 'x',
      hint: 'system',
    };
    await using fake = await startFake({
      status: aStatus([]),
      answers: {
        apply: () => {
          throw new ApiError('invalid-spec', '1 mistake', { hint: 'correct it', errors: [mistake] });
        },
      },
    });
    const error = await createClient(fake)
      .apply({ path: '/bin' })
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ApiError);
    assert.equal(error.code, 'invalid-spec');
    assert.equal(error.message, 'invalid-spec: 1 mistake');
    assert.equal(error.hint, 'correct it');
    assert.deepEqual(error.errors, [mistake]);
  });

  test("the caller's abort is the caller's, not a failure of the control plane", async () => {
    await using fake = await startFake({ status: aStatus([]), answers: { status: () => new Promise(() => {}) } });
    const controller = new AbortController();
    const asked = createClient(fake).status({}, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(asked, reason);
  });

  test('what the path names goes into it, encoded; the rest is the body', async () => {
    await using fake = await startFake({ status: aStatus([]), answers: { scale: () => accepted } });
    assert.deepEqual(await createClient(fake).scale({ service: 'or/ders', instances: 3 }), accepted);
    assert.deepEqual(fake.calls, [{ name: 'scale', input: { service: 'or/ders', instances: 3 } }]);
  });

  test('the rest of a GET is the query, without what is undefined', async () => {
    await using fake = await startFake({ status: aStatus([]), answers: { decisions: () => [] } });
    await createClient(fake).decisions({ service: 'a b', since: undefined });
    assert.deepEqual(fake.calls, [{ name: 'decisions', input: { service: 'a b' } }]);
  });

  test('a stream hands on each value as it comes, and ends when the server ends it', async () => {
    const lines = ['one', 'zwölf', 'three'].map((line) => ({ service: 'a', instance: 'a-1.0-0', line }));
    await using fake = await startFake({ status: aStatus([]), answers: { logs: () => lines } });
    const seen: unknown[] = [];
    for await (const line of createClient(fake).logs({ lines: '3' })) seen.push(line);
    assert.deepEqual(seen, lines);
  });

  test('a stream whose server dies ends with `unavailable`, never silently', async () => {
    await using fake = await startFake({ status: aStatus([aService('a')]) });
    const seen: number[] = [];
    const watching = (async () => {
      for await (const status of createClient(fake).watch()) {
        seen.push(status.revision);
        await fake.kill();
      }
    })();
    await assert.rejects(watching, apiError('unavailable', /./));
    assert.deepEqual(seen, [1]);
  });
});
