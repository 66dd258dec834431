import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execForm } from '../src/exec-form.ts';

describe('a command that is one program', () => {
  for (const command of [
    'node src/main.ts',
    'bin/shipping',
    '/usr/bin/env node x',
    'java -cp "a;b" Main',
    "sh -c 'a; b'",
  ]) {
    it(`replaces the shell: ${command}`, () => assert.equal(execForm(command), `exec ${command}`));
  }
});

describe('a command that is more than that', () => {
  for (const command of [
    'a && b',
    'A=1 node x',
    'cd x; node y',
    'node x | tee y',
    'exec node x',
    'while true; do :; done',
    'sleep 1 &',
    'echo $(date)',
    ': nothing',
  ]) {
    it(`keeps the shell: ${command}`, () => assert.equal(execForm(command), command));
  }
});
