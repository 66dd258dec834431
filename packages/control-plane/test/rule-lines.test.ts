import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ServiceTraffic, TrafficOverride } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { lineFinder, ruleLines, writtenLines } from '../src/rule-lines.ts';

const FILE = 'orders/service.yaml';
const at = (line: number) => ({ file: FILE, line, column: 1 });
const WRITTEN = new Map([
  ['run', at(1)],
  ['run.command', at(1)],
  ['traffic', at(2)],
  ['traffic.timeout', at(3)],
  ['traffic.timeout.request', at(3)],
  ['traffic.routes[1]', at(8)],
  ['traffic.routes[1].match', at(8)],
  ['traffic.routes[1].match.path', at(8)],
  ['traffic.routes[1].timeout', at(9)],
  ['traffic.routes[1].timeout.idle', at(9)],
  ['rollout', at(11)],
  ['rollout.bake', at(12)],
  ['rollout.maxSurge', at(13)],
  ['scale.zero.hold', at(14)],
]);
const LINES = writtenLines({ written: WRITTEN });

it('the proxy is told the lines of what can decide of a request, and of nothing else', () => {
  const told = ruleLines(LINES);
  assert.deepEqual(Object.keys(told), [
    'traffic.timeout',
    'traffic.timeout.request',
    'traffic.routes[1]',
    'traffic.routes[1].timeout',
    'traffic.routes[1].timeout.idle',
    'rollout',
    'rollout.bake',
    'scale.zero.hold',
  ]);
  assert.equal(told['traffic.timeout.request'], `${FILE}:3`);
  assert.equal(ruleLines(LINES), told, 'the same object: it is written out once');
});

const override: TrafficOverride = {
  at: ['routes', 1],
  caller: undefined,
  route: { method: undefined, path: '/slow' },
  changes: ['timeout'],
  policy: { timeout: DEFAULT_TRAFFIC.timeout },
};
const traffic: ServiceTraffic = { ...DEFAULT_TRAFFIC, overrides: [override] };

for (const [path, line] of [
  ['run.command', 1],
  ['traffic.timeout.request', 3],
  ['traffic.timeout.idle', undefined],
  ['traffic.routes[1].match', 8],
  ['traffic.routes[1].timeout.idle', 9],
  ['traffic.routes[1].timeout.request', 3],
  ['traffic.routes[1].timeout.connect', undefined],
] as const) {
  it(`${path} stands in ${line === undefined ? 'no line' : `line ${line}`}`, () => {
    assert.equal(lineFinder(LINES, traffic)(path), line === undefined ? undefined : `${FILE}:${line}`);
  });
}
