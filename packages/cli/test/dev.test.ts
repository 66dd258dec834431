import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { connect, isAlive } from '@islet/client';
import { affectedBy, watchedRoots } from '../src/dev/affected.ts';
import { createIgnore } from '../src/dev/ignore.ts';
import { type TreeWatch, watchTree } from '../src/dev/watch-tree.ts';
import { parseFolder } from '../src/offline.ts';
import { FAKE_MAIN, islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

let folder = '';

beforeEach(() => {
  folder = tempFolder({
    ...SYSTEM,
    '.gitignore': '.islet/\nbuild/\n*.log\n',
    'services/web/main.js': '1',
    'services/web/build/out.js': '1',
    'services/web/node_modules/x/index.js': '1',
    'services/api/service.yaml': 'run: { command: node main.js, inputs: [., ../../proto] }\n',
    'services/api/main.js': '1',
    'proto/shop.proto': '1',
  });
});

afterEach(() => removeFolder(folder));

describe('ignore', () => {
  const rows = [
    'services/web/build/out.js',
    'services/web/x.log',
    'services/web/node_modules/x',
    'services/web/main.js',
  ];

  for (const inRepository of [true, false])
    test(`knows what git ignores, ${inRepository ? 'in a repository' : 'and where there is none'}`, async () => {
      if (inRepository) execFileSync('git', ['init', '--quiet'], { cwd: folder });
      const ignore = await createIgnore(folder, join(folder, '.islet'));
      const ignored = await ignore.among(rows.map((path) => join(folder, path)));
      assert.deepEqual(
        [...ignored].map((path) => relative(folder, path)),
        rows.slice(0, 3),
      );
    });

  test('forgets what it knew when a .gitignore changes', async () => {
    const ignore = await createIgnore(folder, join(folder, '.islet'));
    const path = join(folder, 'services/web/main.js');
    assert.equal((await ignore.among([path])).size, 0);
    writeFileSync(join(folder, '.gitignore'), '*.js\n');
    assert.equal((await ignore.among([path])).size, 0);
    ignore.forget();
    assert.equal((await ignore.among([path])).size, 1);
  });

  test('a path outside of the folder is source', async () => {
    const ignore = await createIgnore(folder, join(folder, '.islet'));
    assert.equal((await ignore.among(['/elsewhere/main.js'])).size, 0);
  });
});

describe('watchTree', () => {
  let watching: TreeWatch;
  let batches: string[][] = [];
  let arrived = Promise.withResolvers<void>();

  beforeEach(async () => {
    batches = [];
    arrived = Promise.withResolvers();
    watching = await watchTree([folder], {
      ignore: await createIgnore(folder, join(folder, '.islet')),
      onChange: (paths) => {
        batches.push(paths.map((path) => relative(folder, path)).sort());
        arrived.resolve();
        arrived = Promise.withResolvers();
      },
      onError: arrived.reject,
    });
  });

  afterEach(() => watching[Symbol.dispose]());

  const change = async (...paths: string[]) => {
    for (const path of paths) writeFileSync(join(folder, path), 'changed');
    await arrived.promise;
  };

  test('watches no ignored folder', () => {
    // The system, services, web, api and proto.
    assert.equal(watching.size, 5);
  });

  test('says nothing of ignored files', async () => {
    writeFileSync(join(folder, 'services/web/debug.log'), 'x');
    writeFileSync(join(folder, 'services/web/build/out.js'), 'x');
    await change('services/web/main.js');
    assert.deepEqual(batches, [['services/web/main.js']]);
  });

  test('files saved together come together', async () => {
    await change('services/web/main.js', 'services/api/main.js');
    assert.deepEqual(batches, [['services/api/main.js', 'services/web/main.js']]);
  });

  test('a file that is replaced by a rename, as editors do, has changed', async () => {
    const path = join(folder, 'services/web/main.js');
    writeFileSync(join(folder, 'services/web/main.js~'), 'new');
    renameSync(join(folder, 'services/web/main.js~'), path);
    await arrived.promise;
    assert.deepEqual(batches, [['services/web/main.js']]);
  });

  test('a file that goes away has changed', async () => {
    rmSync(join(folder, 'services/web/main.js'));
    await arrived.promise;
    assert.deepEqual(batches, [['services/web/main.js']]);
  });

  test('a file that only came and went was never source', async () => {
    const passing = join(folder, 'services/web/4913');
    writeFileSync(passing, '');
    rmSync(passing);
    await change('services/web/main.js');
    assert.deepEqual(batches, [['services/web/main.js']]);
  });

  test('a new folder is watched, with what was written before its watch began', async () => {
    mkdirSync(join(folder, 'services/web/lib/deep'), { recursive: true });
    writeFileSync(join(folder, 'services/web/lib/deep/a.js'), '1');
    await arrived.promise;
    assert.deepEqual(batches, [['services/web/lib/deep/a.js']]);
    await change('services/web/lib/deep/a.js');
    assert.equal(batches.length, 2);
  });
});

describe('affectedBy', () => {
  const affected = (...paths: string[]) =>
    affectedBy(
      paths.map((path) => join(folder, path)),
      parseFolder(folder).spec,
      folder,
    );

  test('a service is affected by its own inputs only', () => {
    assert.deepEqual(affected('services/web/main.js'), { services: ['web'], files: false });
    assert.deepEqual(affected('proto/shop.proto'), { services: ['api'], files: false });
    assert.deepEqual(affected('README.md'), { services: [], files: false });
  });

  test('a change of what is desired restarts nothing by itself', () => {
    assert.deepEqual(affected('services/web/service.yaml'), { services: [], files: true });
    assert.deepEqual(affected('islet.yaml', 'services/web/main.js'), { services: ['web'], files: true });
  });

  test('inputs outside of the system are watched too', () => {
    const system = join(folder, 'services');
    writeFileSync(join(system, 'islet.yaml'), 'system: shop\nservices: [api]\n');
    assert.deepEqual(watchedRoots(parseFolder(system).spec, system), [system, join(folder, 'proto')]);
  });
});

describe('dev', () => {
  test('applies what changed, tells mistakes and goes on, and stops all on Ctrl-C with exit 0', async () => {
    const controller = new AbortController();
    let pid = 0;
    const steps: [RegExp, () => void][] = [
      [/shop is at/, () => writeFileSync(join(folder, 'services/web/main.js'), '2')],
      [/restarting web/, () => writeFileSync(join(folder, 'services/web/service.yaml'), 'run: { comand: x }\n')],
      [/1 mistake|mistakes/, () => writeFileSync(join(folder, 'services/web/service.yaml'), 'run: { command: x }\n')],
      [/web\/service\.yaml changed: applying\n$/, () => interrupt()],
    ];
    const interrupt = async () => {
      const stateFolder = join(folder, '.islet/dev');
      pid = (await connect({ folder, stateFolder, entry: FAKE_MAIN, start: 'never' })).pid;
      controller.abort(new DOMException('interrupted', 'AbortError'));
    };
    let written = '';
    const onWrite = (text: string) => {
      written += text;
      const [next] = steps;
      if (!next?.[0].test(written)) return;
      steps.shift();
      written = '';
      setImmediate(next[1]);
    };
    const { code, stderr } = await islet(['dev'], { cwd: folder, signal: controller.signal, onWrite });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /islet: services\/web\/main\.js changed: restarting web\n/);
    assert.equal(isAlive(pid), false);
  });
});
