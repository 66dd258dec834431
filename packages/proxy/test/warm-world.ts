import { Agent, type OutgoingHttpHeaders, type RequestListener, request } from 'node:http';
import type { TestContext } from 'node:test';
import type { Endpoint, RequestRecord } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, type Instance, world } from './world.ts';

const OLD: RequestListener = (_, response) => void response.end('old');
export const NEW: RequestListener = (_, response) => setImmediate(() => response.end('new'));

export function of(revision: string, { port }: Pick<Instance, 'port'>): Endpoint {
  return { ...endpointAt(port, `orders-${revision}.0-${port}`), revision };
}

export interface Parts {
  readonly fresh?: number;
  readonly onNew?: RequestListener;
  readonly onOld?: RequestListener;
  readonly traffic?: TrafficSpec;
}

/** A new revision that has all of the requests, and two warm instances of the one before. */
export async function baking(
  t: TestContext,
  { fresh = 2, onNew = NEW, onOld = OLD, traffic = DEFAULT_TRAFFIC }: Parts = {},
) {
  const instancesOf = (count: number, listener: RequestListener) =>
    Promise.all(Array.from({ length: count }, () => httpInstance(t, listener)));
  const [young, old] = [await instancesOf(fresh, onNew), await instancesOf(2, onOld)];
  const records: RequestRecord[] = [];
  let now = 1_000_000;
  const made = await world(t, [], 'http', {
    now: () => now,
    traffic,
    sink: { write: (line: string) => void records.push(JSON.parse(line)) },
  });
  const endpoints = young.map((instance) => of('new', instance));
  const warm = old.map((instance) => of('old', instance));
  await made.change({ endpoints, warm });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const call = (headers: OutgoingHttpHeaders = {}, method = 'GET') => ask(made.edge, agent, { headers, method });
  const revision = (name: string) => made.plane.readStats().revisions.find((it) => it.revision === name);
  const decisions = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.decisions ?? {};
  const killNew = () => {
    for (const instance of young) {
      // A socket that is reset while it ends can keep the runtime from ending.
      for (const socket of instance.sockets) socket.destroy();
      instance.kill();
    }
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { ...made, endpoints, warm, young, old, call, revision, decisions, killNew, records, pass };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookies: readonly string[];
}

function ask(
  port: number,
  agent: Agent,
  options: { readonly headers: OutgoingHttpHeaders; readonly method: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, agent, ...options }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body, cookies: response.headers['set-cookie'] ?? [] });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** In parallel lanes, so that some are in flight at any time. */
export async function load(count: number, call: () => Promise<Answer>, onCall: (begun: number) => void) {
  const answers: Answer[] = [];
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      onCall(++begun);
      answers.push(await call());
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return answers;
}

export const failed = (answers: readonly Answer[]) => answers.filter(({ status }) => status !== 200);
