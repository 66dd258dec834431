import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layers } from '../../tidy/layers.ts';
import { manifest, places } from './repository.ts';

const MAIN = { exports: { '.': './src/index.ts', './main': './src/main.ts' } };
const DRIVER = {
  'packages/drivers/data-sqlite/package.json': manifest('data-sqlite', MAIN),
  'packages/control-plane/package.json': manifest('control-plane', { dependencies: { '@islet/data-sqlite': '1.0.0' } }),
};

test('an import to the left, through what is exported and declared, is right', () => {
  assert.deepEqual(places(layers, {}), []);
});

for (const { rule, files, found } of [
  {
    rule: 'a package imports only what stands left of it',
    files: {
      'packages/spec/package.json': manifest('spec', { ...MAIN, dependencies: { '@islet/plan': '1.0.0' } }),
      'packages/spec/src/model.ts': "\nimport type { Plan } from '@islet/plan';",
    },
    found: ['packages/spec/src/model.ts:2 import-direction'],
  },
  {
    rule: 'a package that the table does not know must be given its place',
    files: {
      'packages/mesh/package.json': manifest('mesh', { dependencies: { '@islet/spec': '1.0.0' } }),
      'packages/mesh/src/index.ts': "import '@islet/spec';",
    },
    found: ['packages/mesh/src/index.ts:1 import-direction'],
  },
  {
    rule: 'tests keep to the direction',
    files: { 'packages/spec/test/a.test.ts': "import '@islet/plan';" },
    found: ['packages/spec/test/a.test.ts:1 import-direction'],
  },
  {
    rule: 'no path leads into another package',
    files: { 'packages/plan/src/plan.ts': "import '../../spec/src/index.ts';" },
    found: ['packages/plan/src/plan.ts:1 import-inside'],
  },
  {
    rule: 'scripts use packages by their exports too',
    files: { 'scripts/a.ts': "import '../packages/spec/src/index.ts';\nimport '@islet/spec';" },
    found: ['scripts/a.ts:1 import-inside'],
  },
  {
    rule: 'only what is exported can be imported',
    files: { 'packages/plan/src/plan.ts': "import '@islet/spec/model';" },
    found: ['packages/plan/src/plan.ts:1 import-inside'],
  },
  {
    rule: 'what is imported is declared',
    files: { 'packages/plan/src/plan.ts': "import 'yaml';\nimport 'node:path';" },
    found: ['packages/plan/src/plan.ts:1 import-undeclared'],
  },
  {
    rule: 'a package that does not exist is not imported',
    files: { 'packages/plan/src/plan.ts': "import '@islet/speck';" },
    found: ['packages/plan/src/plan.ts:1 import-unknown'],
  },
  {
    rule: 'only the composition root names a concrete driver',
    files: {
      ...DRIVER,
      'packages/control-plane/src/main.ts': "import '@islet/data-sqlite';",
      'packages/control-plane/src/reconcile.ts': "import '@islet/data-sqlite';",
    },
    found: ['packages/control-plane/src/reconcile.ts:1 concrete-driver'],
  },
  {
    rule: 'to start a program one need not stand right of it, but must declare it',
    files: {
      'packages/keeper/package.json': manifest('keeper', MAIN),
      'packages/client/package.json': manifest('client', { dependencies: { '@islet/keeper': '1.0.0' } }),
      'packages/client/src/a.ts': "import.meta.resolve('@islet/keeper/main');",
      'packages/plan/src/a.ts': "const entry = ['@islet/keeper/main'];",
    },
    found: ['packages/plan/src/a.ts:1 import-undeclared'],
  },
]) {
  test(rule, () => assert.deepEqual(places(layers, files), found));
}

test('what services and templates import is their own affair', () => {
  const files = { 'examples/shop/a.ts': "import '@islet/nothing';", 'packages/cli/templates/ts/a.ts': "import 'x';" };
  assert.deepEqual(places(layers, files), []);
});
