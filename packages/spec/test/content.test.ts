import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseService, parseSystem } from '../src/index.ts';
import { orders, serviceOf, type Texts } from './helpers.ts';
import { memoryFiles } from './memory-files.ts';

const RUN = 'run: { command: x }\n';
const CATALOG: Texts = { 'services/catalog/service.yaml': RUN };

test('admission control is on with the documented numbers, and every request matters alike until declared', () => {
  const { priority, admission } = serviceOf(orders(RUN)).traffic;
  assert.deepEqual([priority, admission], ['normal', { k: 2, windowMs: 120_000, header: undefined }]);
  const written = serviceOf(orders(`${RUN}traffic: { priority: low, admission: { header: X-Priority } }\n`)).traffic;
  assert.deepEqual([written.priority, written.admission?.header], ['low', 'x-priority']);
  assert.equal(serviceOf(orders(`${RUN}traffic: { admission: off }\n`)).traffic.admission, undefined);
});

test('a circle of fallbacks that one service closes is told in its own file, wherever its neighbours say theirs', () => {
  const own = (rest: string) => `${RUN}uses: [catalog]\n${rest}`;
  const neighbour = `${RUN}uses: [orders]\ntraffic: { routes: [{ match: /a, fallback: { service: orders } }] }\n`;
  const others = { 'services/catalog/service.yaml': neighbour };
  const before = parseSystem(memoryFiles(orders(own(''), others)));
  assert(before.kind === 'ok');
  const asking = { service: 'orders', neighbours: before.spec.services, environment: undefined };
  const closing = memoryFiles(orders(own('traffic: { fallback: { service: catalog } }\n'), others));
  const read = parseService(closing, asking);
  assert(read.kind === 'errors');
  assert.deepEqual(
    read.errors.map(({ place: { file, line }, message }) => `${file}:${line} ${message}`),
    ['services/orders/service.yaml:3 fallbacks go in a circle: orders → catalog → orders'],
  );
  assert.equal(parseService(memoryFiles(orders(own(''), others)), asking).kind, 'ok');
});

test('a fallback is an answer, from the file or one beside it, or another service', () => {
  const fallbackOf = (text: string, files: Texts = {}) =>
    serviceOf(orders(`${RUN}uses: [catalog]\ntraffic: { fallback: ${text} }\n`, { ...CATALOG, ...files })).traffic
      .fallback;
  const answer = { kind: 'respond', status: 200, type: 'application/json', body: '[]', file: undefined };
  assert.deepEqual(fallbackOf('{ respond: { body: "[]" } }'), { unanswered: true, statuses: [], to: answer });
  const read = fallbackOf('{ on: [503], respond: { file: empty.json } }', { 'services/orders/empty.json': '[]' });
  assert.deepEqual(read, { unanswered: false, statuses: [503], to: { ...answer, file: 'empty.json' } });
  assert.deepEqual(fallbackOf('{ service: catalog }')?.to, { kind: 'service', service: 'catalog' });
});
