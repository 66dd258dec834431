import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { COMMANDS, type CommandSpec } from '../src/commands.ts';
import { collectHeader, parseCount, parseDurationMs } from '../src/parse.ts';
import { findUpwards } from '../src/system.ts';
import { toolPath } from '../src/toolpath.ts';
import { folderLast } from '../src/tree.ts';
import { VERBS } from '../src/verbs.ts';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

let folder = '';
let outside = '';

before(() => {
  folder = tempFolder({ ...SYSTEM, 'services/web/src/main.js': '' });
  outside = tempFolder({ 'shop/islet.yaml': 'system: shop\n' });
});

after(() => {
  removeFolder(folder);
  removeFolder(outside);
});

describe('usage', () => {
  test('a service to test that is not there is exit 2, with those that there are', async () => {
    const { code, stderr } = await islet(['test', 'wbe'], { cwd: folder });
    assert.deepEqual([code, stderr], [2, 'error: no service is called wbe\nhint:  there are web\n']);
  });

  test('a service to test where no system is does not mean the suite of Islet', async () => {
    const { code, stderr } = await islet(['test', 'orders'], { cwd: outside });
    assert.equal(code, 2);
    assert.match(stderr, /no islet\.yaml in /);
  });

  test('an unknown verb is exit 2 with the nearest one', async () => {
    const { code, stderr } = await islet(['statsu'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /unknown command 'statsu'\n\(Did you mean status\?\)/);
  });

  test('an unknown flag is exit 2 with the nearest one', async () => {
    const { code, stderr } = await islet(['up', '--timeuot', '3s'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean --timeout\?/);
  });

  test('a value that is none is exit 2 with what it takes', async () => {
    const { code, stderr } = await islet(['up', '--timeout', '10'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /a number and a unit/);
  });

  test('no system is exit 2, and says how to make one', async () => {
    const { code, stderr } = await islet(['status'], { cwd: outside });
    assert.equal(code, 2);
    assert.match(stderr, /no islet\.yaml[\s\S]*islet init/);
  });

  test('a folder that is no system is exit 2', async () => {
    const { code, stderr } = await islet(['up', './nowhere'], { cwd: outside });
    assert.equal(code, 2);
    assert.match(stderr, /nowhere is not a system/);
  });

  test('no verb is the help', async () => {
    const { code, stdout } = await islet([], { cwd: folder });
    assert.equal(code, 0);
    assert.match(stdout, /Usage: islet <verb>/);
  });

  test('the version is one line', async () => {
    assert.equal((await islet(['version'], { cwd: folder })).stdout, '0.1.0\n');
    assert.equal((await islet(['--version'], { cwd: folder })).stdout, '0.1.0\n');
  });
});

describe('every verb', () => {
  const all = (commands: readonly CommandSpec[], above = ''): [string, CommandSpec][] =>
    commands.flatMap((command) => {
      const path = `${above}${command.usage.split(' ')[0]}`;
      return [[path, command] as [string, CommandSpec], ...all(command.subcommands ?? [], `${path} `)];
    });

  test('has code of its own, or subcommands, and no code is without a verb', () => {
    const paths = all(COMMANDS).filter(([, { subcommands }]) => !subcommands);
    assert.deepEqual(paths.map(([path]) => path).sort(), Object.keys(VERBS).sort());
  });

  test('has a help with its summary and an example', async () => {
    for (const [path, { summary, examples }] of all(COMMANDS)) {
      const { code, stdout } = await islet([...path.split(' '), '--help'], { cwd: folder });
      assert.equal(code, 0, path);
      assert.ok(stdout.replace(/\s+/g, ' ').includes(summary), path);
      assert.ok(examples.length > 0 && stdout.includes(`$ ${examples[0]}`), path);
    }
  });
});

describe("the system's folder", () => {
  test('is found from the current folder upwards', () => {
    assert.equal(findUpwards(join(folder, 'services/web/src')), folder);
    assert.equal(findUpwards(outside), undefined);
  });

  test('may be typed first or last', () => {
    const rows = [
      ['logs [service] [folder]', ['web', undefined], ['web', undefined]],
      ['logs [service] [folder]', ['./shop', undefined], [undefined, './shop']],
      ['logs [service] [folder]', ['./shop', 'web'], ['web', './shop']],
      ['logs [service] [folder]', ['web', './shop'], ['web', './shop']],
      ['scale <service> <instances> [folder]', ['../shop', 'web', '2'], ['web', '2', '../shop']],
      ['call <service> <path> [folder]', ['web', '/x', undefined], ['web', '/x', undefined]],
      ['logs [service] [folder]', ['shop', undefined], [undefined, 'shop']],
    ] as const;
    for (const [usage, words, expected] of rows) assert.deepEqual(folderLast(words, usage, outside), expected);
  });

  test('does not hide that an argument is missing', () => {
    assert.throws(() => folderLast(['./shop', undefined], 'restart <service> [folder]', outside), /missing argument/);
    assert.throws(() => folderLast(['./shop', 'web', undefined], 'scale <service> <n> [folder]', outside), /missing/);
  });

  test('a name inside of a system is a service, even where a folder is called so', () => {
    mkdirSync(join(folder, 'web'), { recursive: true });
    assert.deepEqual(folderLast(['web', undefined], 'logs [service] [folder]', folder), ['web', undefined]);
  });
});

describe('values', () => {
  test('durations have a unit', () => {
    assert.deepEqual(['500ms', '1.5s', '10m', '1h'].map(parseDurationMs), [500, 1500, 600_000, 3_600_000]);
    for (const bad of ['', '10', '-1s', '0s', '1d', '1000h']) assert.throws(() => parseDurationMs(bad), bad);
  });

  test('counts are whole', () => {
    assert.equal(parseCount('20'), 20);
    for (const bad of ['-1', '1.5', 'x', '']) assert.throws(() => parseCount(bad), bad);
  });

  test('headers gather', () => {
    assert.deepEqual(collectHeader('B: c: d', collectHeader('A:1')), [
      ['A', '1'],
      ['B', 'c: d'],
    ]);
    assert.throws(() => collectHeader('no colon'));
  });

  test("the PATH keeps the person's order, and our Node comes first only where it is missing", () => {
    assert.equal(toolPath('/a:/b', '/b/node'), '/a:/b');
    assert.equal(toolPath('/a:/b', '/n/bin/node'), '/n/bin:/a:/b');
    assert.equal(toolPath(undefined, '/n/bin/node'), '/n/bin');
  });
});
