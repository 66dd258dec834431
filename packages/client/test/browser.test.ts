import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ApiError, createBrowserClient, splitLines } from '../src/browser.ts';

const HEADERS = () => ({ 'x-islet-dashboard': 'a-key' });

function clientOf(answer: () => Response | Promise<Response>) {
  const sent: { path: string; init: RequestInit }[] = [];
  const client = createBrowserClient(HEADERS, async (path, init) => {
    sent.push({ path, init });
    return answer();
  });
  return { client, sent };
}

function stream(...parts: string[]): Response {
  const encoder = new TextEncoder();
  return new Response(ReadableStream.from(parts.map((part) => encoder.encode(part))));
}

it('asks by the contract: path, query, body and the session’s key', async () => {
  const { client, sent } = clientOf(() => Response.json({ revision: 1, changed: true, warnings: [] }));
  await client.ask('scale', { service: 'a b', instances: 3 });
  await client.ask('decisions', { service: 'a', since: undefined });
  assert.equal(sent[0]?.path, '/v1/services/a%20b/scale');
  assert.equal(sent[0]?.init.body, '{"instances":3}');
  assert.equal(sent[1]?.path, '/v1/decisions?service=a');
  assert.equal(new Headers(sent[1]?.init.headers).get('x-islet-dashboard'), 'a-key');
});

it('an error keeps its code and its hint', async () => {
  const body = { error: { code: 'conflict', message: 'it is paused', hint: 'resume it' } };
  const { client } = clientOf(() => Response.json(body, { status: 409 }));
  await assert.rejects(client.ask('restart', { service: 'a' }), (error: ApiError) => {
    assert.deepEqual([error.code, error.hint], ['conflict', 'resume it']);
    return true;
  });
});

it('nobody answering, and an answer that is not ours, are `unavailable`', async () => {
  const gone = createBrowserClient(HEADERS, () => Promise.reject(new TypeError('fetch failed')));
  await assert.rejects(gone.ask('status', {}), { code: 'unavailable' });
  const { client } = clientOf(() => new Response('<html>', { status: 502 }));
  await assert.rejects(client.ask('status', {}), { code: 'unavailable' });
});

it('hands on every value of a stream, wherever its text is cut', async () => {
  const { client } = clientOf(() => stream('{"line":"a"}\n{"li', 'ne":"ü', '"}\n'));
  const seen: string[] = [];
  const signal = new AbortController().signal;
  await client.listen('logs', {}, { signal, onValue: ({ line }) => seen.push(line) });
  assert.deepEqual(seen, ['a', 'ü']);
});

it('of values that come faster than they are wanted, hands on the first and the last', async () => {
  const lines = Array.from({ length: 500 }, (_, index) => `{"line":"${index}"}\n`);
  const { client } = clientOf(() => stream(...lines));
  const seen: string[] = [];
  const signal = new AbortController().signal;
  await client.listen('logs', {}, { signal, latestEveryMs: 60_000, onValue: ({ line }) => seen.push(line) });
  assert.deepEqual(seen, ['0', '499']);
});

it('splits lines over any number of pieces', () => {
  const lines = splitLines();
  assert.deepEqual([...lines('a\nb'), ...lines('c'), ...lines('\n\nd\n')], ['a', 'bc', 'd']);
});
