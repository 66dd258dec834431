import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorGroup, LogRecord, Slo, Span, TraceSummary } from '@islet/client';
import picocolors from 'picocolors';
import { renderErrorGroup, renderErrorGroups } from '../src/render/errors.ts';
import { renderSlos } from '../src/render/slos.ts';
import { renderTable } from '../src/render/table.ts';
import { renderTraces } from '../src/render/traces.ts';
import { renderWaterfall } from '../src/render/waterfall.ts';
import { terminalOf } from '../src/world.ts';

/* What somebody in trouble looks for is on the screen, also in a terminal of eighty columns. */

const AT = Date.UTC(2026, 10, 27, 9, 30, 5);
const colours = picocolors.createColors(false);
const narrow = { colours, columns: 80 };
const fits = (lines: readonly string[]) =>
  assert.ok(
    lines.every((line) => line.length <= 80),
    lines.join('\n'),
  );

const GROUP: ErrorGroup = {
  group: 'a63f217ccb2d',
  version: 1,
  service: 'orders',
  type: 'TypeError',
  message: "Cannot read properties of undefined (reading 'sku')",
  state: 'open',
  firstSeen: AT,
  lastSeen: AT,
  count: 8,
  firstRevision: 'cc91d3fe3058',
  revisions: [],
  instances: [],
  traces: [],
  spark: Array.from({ length: 24 }, () => 1),
};

const TRACE: TraceSummary = {
  trace: '6fc9e1875b1d1e32292693c8b486fdfb',
  at: AT,
  totalMs: 120,
  root: { service: 'orders', name: 'POST /api/orders', route: '/api/orders' },
  services: ['catalog', 'orders', 'payments', 'shipping'],
  spans: 25,
  errors: 3,
  kept: 'error',
} as TraceSummary;

const burn = (window: string, firing: boolean) =>
  ({ window, rate: 1, shortWindow: '5m', shortRate: 1, threshold: 6, severity: 'page', firing }) as Slo['burn'][number];

describe('a narrow table', () => {
  it('leaves out what gives way, in that order, until the rest fits', () => {
    const table = { headers: ['a', 'b', 'c'], rows: [['one', 'two', 'three']], giveWay: ['b', 'a'] };
    const shown = (columns: number) => renderTable({ ...table, columns });
    assert.deepEqual(
      [20, 11, 6].map((columns) => shown(columns)[1]),
      ['one  two  three', 'one  three', 'three'],
    );
    assert.equal(renderTable(table)[1], 'one  two  three');
  });

  it('of errors says what was thrown, and since which revision', () => {
    const lines = renderErrorGroups([GROUP], narrow);
    fits(lines);
    assert.match(lines[1] ?? '', /^a63f217ccb2d +orders +open +8 +cc91d3f +TypeError: Cannot/);
  });

  it('of traces has the whole id, and how many errors there were in which request', () => {
    const lines = renderTraces([TRACE], narrow);
    fits(lines);
    assert.match(lines[1] ?? '', /^09:30:05Z +6fc9e1875b1d1e32292693c8b486fdfb +120\.0 +3 +orders \/api\/orders$/);
  });

  it('of traces of several days tells them apart', () => {
    const lines = renderTraces([TRACE, { ...TRACE, at: AT - 86_400_000 }], narrow);
    assert.deepEqual(
      lines.slice(1).map((line) => line.slice(0, 15)),
      ['11-27 09:30:05Z', '11-26 09:30:05Z'],
    );
  });

  it('of objectives has the window that fires', () => {
    const slo = {
      service: 'recommendations',
      name: 'availability',
      objective: 99.9,
      windowMs: 1,
      good: 1,
      total: 2,
      budgetLeft: -4,
    };
    const lines = renderSlos(
      [{ ...slo, burn: [burn('1h', false), burn('6h', true), burn('1d', false), burn('3d', false)] } as Slo],
      narrow,
    );
    fits(lines);
    assert.match(lines[0] ?? '', /BUDGET LEFT.*BURN 6H/);
    assert.match(lines[1] ?? '', /1\.0 fires/);
  });
});

describe('a log in a trace', () => {
  const span = (changes: Partial<Span>): Span =>
    ({
      trace: 't',
      span: 's',
      name: 'try 1',
      kind: 'client',
      status: 'unset',
      at: AT,
      endAt: AT + 10,
      attributes: {},
      events: [],
      ...changes,
    }) as Span;
  const log = { at: AT + 5, service: 'payments', text: 'captured', level: 'info' } as LogRecord;
  const waterfall = (logs: readonly LogRecord[]) =>
    renderWaterfall(
      {
        trace: 't',
        spans: [
          span({ span: 'a', service: 'orders', source: 'otlp', name: 'POST' }),
          span({ span: 'b', parent: 'a', service: 'payments', source: 'proxy', at: AT + 2, endAt: AT + 8 }),
        ],
        logs,
        requests: [],
      },
      narrow,
    );

  it('of a service that tells of no span itself is below the try that reached it', () => {
    const lines = waterfall([log]);
    assert.match(
      lines[lines.findIndex((line) => line.includes('proxy → payments')) + 1] ?? '',
      /\+5\.0 info: captured/,
    );
  });

  it('that was written at no span names its service', () => {
    assert.match(waterfall([{ ...log, at: AT + 9 }]).at(-1) ?? '', /\+9\.0 payments {2}info: captured/);
  });
});

it('an error says what its log said beside itself, but for what is too long to read', () => {
  const attributes = { path: '/cart', stack: 'one\ntwo', 'exception.type': 'TypeError' };
  const lines = renderErrorGroup({ ...GROUP, sample: { stack: 'x', attributes, logsAround: [] } }, narrow);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('  with')),
    ['  with       path=/cart'],
  );
});

it('takes a terminal that says it has no size for one of the usual size', () => {
  assert.deepEqual(terminalOf({ isTTY: true, columns: 0, rows: 0 }), { columns: 80, rows: 24 });
  assert.deepEqual(terminalOf({ isTTY: true, columns: 40, rows: 10 }), { columns: 40, rows: 10 });
  assert.equal(terminalOf({ isTTY: false, columns: 0, rows: 0 }), undefined);
});
