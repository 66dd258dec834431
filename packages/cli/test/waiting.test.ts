import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answers, aService, aStatus } from '@islet/client/testing';
import picocolors from 'picocolors';
import { tellOfWait } from '../src/waiting.ts';
import { fakeSystem } from './fake-system.ts';
import { islet } from './run.ts';

const system = fakeSystem();

function output(terminal: { columns: number; rows: number } | undefined) {
  const written: string[] = [];
  const colours = picocolors.createColors(false);
  return { written, terminal, colours, write: (text: string | Uint8Array) => void written.push(String(text)) };
}

test('what takes long is told in plain lines where there is no terminal: soon, and again', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const plain = output(undefined);
  const end = tellOfWait(plain, 'the backup of orders', () => now);
  for (now = 1_000; now <= 31_000; now += 1_000) t.mock.timers.tick(1_000);
  end();
  t.mock.timers.tick(60_000);
  assert.deepEqual(plain.written, [
    'waiting for the backup of orders\n',
    'waiting for the backup of orders (15 s)\n',
    'waiting for the backup of orders (30 s)\n',
  ]);
});

test('on a terminal one line counts the seconds, and is gone when it is over', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const live = output({ columns: 80, rows: 24 });
  const end = tellOfWait(live, 'the backup of orders', () => now);
  for (now = 1_000; now <= 2_000; now += 1_000) t.mock.timers.tick(1_000);
  end();
  assert.deepEqual(live.written, [
    'waiting for the backup of orders (1 s)\n',
    '\x1b[1A\x1b[0Jwaiting for the backup of orders (2 s)\n',
    '\x1b[1A\x1b[0J',
  ]);
});

test('what is over at once is told without a word', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const plain = output(undefined);
  tellOfWait(plain, 'the backup of orders', () => 0)();
  t.mock.timers.tick(60_000);
  assert.deepEqual(plain.written, []);
});

const ACCEPTED = { revision: 1, changed: true, warnings: [] };
const BUILDING = aStatus([aService('web', { state: 'progressing', why: 'builds' })], { settled: false });

for (const [words, answers, told] of [
  [
    ['backup', 'now', 'web'],
    { backUp: () => ({ askedAt: 1, stores: ['web'] }), backups: () => [] },
    /the backup of web/,
  ],
  [['restart', 'web'], { restart: () => ACCEPTED }, /`islet status` says how far it is/],
  [['down'], { down: () => ACCEPTED }, /goes on stopping/],
] as const) {
  test(`Ctrl-C at ${words.join(' ')} says what goes on`, async () => {
    const controller = new AbortController();
    const abort = () => setTimeout(() => controller.abort(new DOMException('interrupted', 'AbortError')), 50);
    const [[asked, answer]] = Object.entries(answers) as [[string, () => unknown]];
    const interrupted = () => {
      abort();
      return answer();
    };
    const whenAsked = { ...answers, [asked]: interrupted } as Answers;
    await system.answering(whenAsked, BUILDING);
    const { code, stdout, stderr } = await islet(words, { cwd: system.folder, signal: controller.signal });
    assert.deepEqual([code, stdout], [130, '']);
    assert.match(stderr, /^Interrupted; the control plane goes on/m);
    assert.match(stderr, told);
  });
}
