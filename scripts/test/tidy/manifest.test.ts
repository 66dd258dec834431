import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifests } from '../../tidy/manifest.ts';
import { manifest, places } from './repository.ts';

const PATH = 'packages/spec/package.json';

for (const { rule, more, found } of [
  { rule: 'a complete manifest is right', more: {}, found: [] },
  { rule: 'each package says what it is for', more: { description: '' }, found: [`${PATH}:1 description`] },
  { rule: 'all packages have one version', more: { version: '1.0.1' }, found: [`${PATH}:1 one-version`] },
  {
    rule: 'packages want each other in that version',
    more: { dependencies: { '@islet/plan': '^1.0.0' } },
    found: [`${PATH}:1 one-version`],
  },
  { rule: 'what is exported exists', more: { exports: { '.': './src/gone.ts' } }, found: [`${PATH}:1 exports`] },
]) {
  test(rule, () => assert.deepEqual(places(manifests, { [PATH]: manifest('spec', more) }), found));
}
