import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import type { DecisionRecord, RequestRecord } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { ExplainTokens } from '../src/record/explain-tokens.ts';
import { httpInstance, send, until, world } from './world.ts';

export const tokens = new ExplainTokens(randomBytes(32));
const token = tokens.issue({ forMs: 3_600_000, wall: Date.now() });
export const get = (fields = '') =>
  `GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-islet-explain: ${token}\r\n${fields}\r\n`;
export const LINE = 'services/orders/service.yaml:9';

interface Setting {
  readonly traffic?: Partial<TrafficSpec>;
  readonly handlers?: readonly RequestListener[];
  readonly dice?: () => number;
}

/** A service with these instances, of which the dice choose the first, and what is told of its requests. */
export async function service(t: TestContext, { traffic, handlers = [well], dice = () => 0 }: Setting) {
  const records: RequestRecord[] = [];
  let now = 1_000_000;
  const instances = await Promise.all(handlers.map((handler) => httpInstance(t, handler)));
  const sink = { write: (line: string) => void records.push(JSON.parse(line)) };
  const options = { sink, tokens, dice, now: () => now, traffic: { ...DEFAULT_TRAFFIC, ...traffic } };
  const made = await world(t, instances, 'http', options);
  const lines = Object.fromEntries(Object.keys(traffic ?? {}).map((section) => [`traffic.${section}`, LINE]));
  await made.change({ lines });
  const pass = (ms: number) => {
    now += ms;
  };
  /** What the log says of the requests that have ended since, and that the answer says the same. */
  const told = async (answer: string, count = 1) => {
    await until(() => records.length >= count);
    const decisions = records.flatMap((record) => record.decisions).filter(({ rule }) => rule !== 'traffic.cache');
    const header = /^x-islet-explain: (.*)\r$/im.exec(answer)?.[1] ?? '';
    for (const one of records.at(-1)?.decisions ?? [])
      assert.ok(header.includes(textOf(one)), `${header}\n${textOf(one)}`);
    return decisions.map(({ rule, why, from }) => `${rule} (${why}) ${from}`);
  };
  return { ...made, instances, records, pass, told, ask: (fields?: string) => send(made.gateway, get(fields)) };
}

function textOf({ rule, path = rule, why, from }: DecisionRecord): string {
  return `${path} (${why}) from ${from}`;
}

export const well: RequestListener = (_, response) => void response.end('well');
export const answers =
  (status: number): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end();
