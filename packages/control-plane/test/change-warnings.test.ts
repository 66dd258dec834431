import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeWarnings } from '../src/change-warnings.ts';
import type { Applied, AppliedService } from '../src/store/applied.ts';
import { launchSpec } from './support.ts';

const asked = (changes: Partial<AppliedService>, gone: Applied['gone'] = []): Applied => {
  const spec = launchSpec('web');
  const one = {
    spec,
    revision: 'bbb',
    restarts: 0,
    instances: 1,
    scaledFrom: undefined,
    after: [],
    blocked: [],
    since: 0,
  };
  return { services: [{ ...one, ...changes }], gone } as unknown as Applied;
};

test('warns that the files bring in again what somebody has gone back from, and of nothing else', () => {
  const wentBack = asked({ revision: 'bbb', wentBackFrom: 'ccc' });
  const [warning, ...more] = changeWarnings(wentBack, asked({ revision: 'ccc' }));
  assert.match(
    warning ?? '',
    /^web was rolled back by hand from ccc, and its files bring it in again; `islet rollback web`/,
  );
  assert.deepEqual(more, []);
  assert.deepEqual(changeWarnings(wentBack, asked({ revision: 'ddd' })), []);
  assert.deepEqual(changeWarnings(asked({}), asked({ revision: 'ccc' })), []);
  assert.deepEqual(changeWarnings(undefined, asked({ revision: 'ccc' })), []);
});
