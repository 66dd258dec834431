import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dead } from '../../tidy/dead.ts';
import { places } from './repository.ts';

const INDEX = 'packages/spec/src/index.ts';

for (const { rule, files, found } of [
  {
    rule: 'what an export imports is alive',
    files: { [INDEX]: "export * from './a.ts';", 'packages/spec/src/a.ts': '' },
    found: [],
  },
  {
    rule: 'files that only import each other are dead',
    files: { 'packages/spec/src/a.ts': "import './b.ts';", 'packages/spec/src/b.ts': "import './a.ts';" },
    found: ['packages/spec/src/a.ts:1 dead-file', 'packages/spec/src/b.ts:1 dead-file'],
  },
  {
    rule: 'a worker or a shim is named by its path',
    files: {
      [INDEX]: "new Worker(new URL('./worker.ts', import.meta.url)); run('shim.sh');",
      'packages/spec/src/worker.ts': '',
      'packages/spec/src/shim.sh': '',
    },
    found: [],
  },
  {
    rule: 'a worker may be named without its extension',
    files: { [INDEX]: `new URL(\`./worker\${extension}\`, here)`, 'packages/spec/src/worker.ts': '' },
    found: [],
  },
  {
    rule: 'a fixture is alive by its test, and dead without it',
    files: {
      'packages/spec/test/a.test.ts': "import './used.ts';",
      'packages/spec/test/used.ts': '',
      'packages/spec/test/unused.ts': '',
    },
    found: ['packages/spec/test/unused.ts:1 dead-file'],
  },
  {
    rule: 'a mention in a comment keeps nothing alive',
    files: { [INDEX]: "// import './a.ts'", 'packages/spec/src/a.ts': '' },
    found: ['packages/spec/src/a.ts:1 dead-file'],
  },
  {
    rule: 'a script is started by people, its parts are not',
    files: { 'scripts/a.ts': '', 'scripts/a/b.ts': '' },
    found: ['scripts/a/b.ts:1 dead-file'],
  },
]) {
  test(rule, () => assert.deepEqual(places(dead, files), found));
}
