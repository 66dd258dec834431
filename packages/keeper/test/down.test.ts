import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { untilDown } from '@islet/keeper/life';

for (const { rule, ask } of [
  { rule: 'a mark asks a system to go down', ask: (state: string) => writeFileSync(join(state, 'run', 'down'), '') },
  { rule: 'so does the removal of its state folder', ask: (state: string) => rmSync(state, { recursive: true }) },
  {
    rule: 'so does another state folder in its place',
    ask: (state: string) => {
      renameSync(state, `${state}.before`);
      mkdirSync(join(state, 'run'), { recursive: true });
    },
  },
]) {
  test(rule, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'keeper-down-'));
    t.after(() => rmSync(root, { recursive: true }));
    const state = join(root, 'state');
    mkdirSync(join(state, 'run'), { recursive: true });
    const gaveUp = new AbortController();
    const timer = setTimeout(() => gaveUp.abort(), 20_000);
    const down = untilDown(state, gaveUp.signal);
    ask(state);
    await down;
    clearTimeout(timer);
    assert.equal(gaveUp.signal.aborted, false);
  });
}
