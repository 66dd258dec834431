import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orders, serviceOf, type Texts } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const CATALOG: Texts = { 'services/catalog/service.yaml': RUN };

test('admission control is on with the documented numbers, and every request matters alike until declared', () => {
  const { priority, admission } = serviceOf(orders(RUN)).traffic;
  assert.deepEqual([priority, admission], ['normal', { k: 2, windowMs: 120_000, header: undefined }]);
  const written = serviceOf(orders(`${RUN}traffic: { priority: low, admission: { header: X-Priority } }\n`)).traffic;
  assert.deepEqual([written.priority, written.admission?.header], ['low', 'x-priority']);
  assert.equal(serviceOf(orders(`${RUN}traffic: { admission: off }\n`)).traffic.admission, undefined);
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
