import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { bashCompletion } from '../src/completion/bash.ts';
import { fishCompletion } from '../src/completion/fish.ts';
import { completedVerbs } from '../src/completion/words.ts';
import { zshCompletion } from '../src/completion/zsh.ts';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

const verbs = completedVerbs();

describe('completion', () => {
  test('knows each verb with its flags, and which take a service', () => {
    const logs = verbs.find(({ path }) => path === 'logs');
    assert.deepEqual(logs?.flags, [
      ...[
        '--follow',
        '--grep',
        '--help',
        '--instance',
        '--json',
        '--level',
        '--lines',
        '--since',
        '--state',
        '--trace',
      ],
      '--until',
    ]);
    assert.equal(logs?.takesService, true);
    assert.ok(verbs.some(({ path }) => path === 'secret set'));
    assert.ok(verbs.every(({ path }) => !path.startsWith('__')));
  });

  test('in bash completes verbs, subcommands, flags and services', () => {
    const folder = tempFolder();
    const complete = (...words: string[]) =>
      execFileSync(
        'bash',
        [
          '-c',
          `islet() { echo orders; echo web; }
           ${bashCompletion(verbs)}
           COMP_WORDS=(islet ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _islet
           echo "\${COMPREPLY[@]}"`,
        ],
        { encoding: 'utf8', cwd: folder },
      ).trim();
    assert.equal(complete('sta'), 'status');
    assert.equal(
      complete('secret', 's'),
      'set srv sys'.split(' ').find((word) => word === 'set'),
    );
    assert.equal(complete('logs', '--fo'), '--follow');
    assert.equal(complete('restart', 'ord'), 'orders');
    assert.equal(complete('secret', 'set', '--st'), '--state');
    removeFolder(folder);
  });

  test('in zsh and fish is a script that the shell can read', () => {
    const shells = { zsh: zshCompletion(verbs), fish: fishCompletion(verbs) };
    for (const [shell, text] of Object.entries(shells)) {
      assert.match(text, /__services/);
      if (existsSync(`/usr/bin/${shell}`)) execFileSync(shell, ['-n'], { input: text });
    }
  });

  test('for a shell that is not known is bad usage', async () => {
    assert.equal((await islet(['completion', 'tcsh'], { cwd: '/' })).code, 2);
  });

  test("services' names are told, and silence where files have mistakes", async () => {
    const folder = tempFolder(SYSTEM);
    const broken = tempFolder({ 'islet.yaml': 'sytem: x\n' });
    assert.deepEqual(await islet(['__services'], { cwd: folder }), { code: 0, stdout: 'web\n', stderr: '' });
    assert.deepEqual(await islet(['__services'], { cwd: broken }), { code: 0, stdout: '', stderr: '' });
    removeFolder(folder);
    removeFolder(broken);
  });
});
