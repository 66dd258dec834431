import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describe as described, leavesOf, volumeVariable } from '../src/index.ts';
import { errorsOf, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const HOUR_MS = 3_600_000;
const KEEP = { hourly: 24, daily: 7, weekly: 4, monthly: 0 };

function volumesOf(text: string) {
  return serviceOf(orders(`${RUN}${text}\n`)).volumes;
}

describe('volumes', () => {
  it('are none where nothing is said', () => assert.equal(volumesOf(''), undefined));

  it('are a list of names, backed up every hour', () => {
    assert.deepEqual(volumesOf('volumes: [uploads, user-avatars]'), {
      folders: ['uploads', 'user-avatars'],
      backup: { everyMs: HOUR_MS, keep: KEEP },
    });
  });

  it('written out say how they are backed up, or that they are not', () => {
    assert.deepEqual(volumesOf('volumes: { folders: [a], backup: { every: 15m, keep: { hourly: 48 } } }'), {
      folders: ['a'],
      backup: { everyMs: HOUR_MS / 4, keep: { ...KEEP, hourly: 48 } },
    });
    assert.deepEqual(volumesOf('volumes: { folders: [a], backup: off }'), { folders: ['a'], backup: undefined });
  });

  it('are described, each value with its line or its default', () => {
    const service = serviceOf(orders(`${RUN}volumes: { folders: [a], backup: { every: 15m } }\n`));
    const found = described(service).filter(({ path }) => path.startsWith('volumes'));
    assert.deepEqual(
      found.map(({ path, value, origin }) => [path, value, origin.kind]),
      [
        ['volumes.folders', ['a'], 'file'],
        ['volumes.backup.every', '15m', 'file'],
        ['volumes.backup.keep.hourly', 24, 'default'],
        ['volumes.backup.keep.daily', 7, 'default'],
        ['volumes.backup.keep.weekly', 4, 'default'],
        ['volumes.backup.keep.monthly', 0, 'default'],
      ],
    );
    assert.equal(leavesOf(serviceOf(orders(RUN))).filter(({ path }) => path.startsWith('volumes')).length, 0);
  });

  it('may be referred to by their names', () => {
    const { run } = serviceOf(orders('run: { command: "serve ${volumes.uploads}" }\nvolumes: [uploads]\n'));
    assert.deepEqual(run.command, ['serve ', { kind: 'volumes', name: 'uploads' }]);
  });

  it('have a variable each', () => assert.equal(volumeVariable('user-avatars'), 'ISLET_VOLUME_USER_AVATARS'));

  for (const { text, path, message } of [
    { text: 'volumes: [../etc]', path: 'volumes.folders[0]', message: /lower-case letters/ },
    { text: 'volumes: [/srv/uploads]', path: 'volumes.folders[0]', message: /lower-case letters/ },
    { text: 'volumes: [a, a]', path: 'volumes.folders[1]', message: /stands twice/ },
    { text: 'volumes: []', path: 'volumes.folders', message: /./ },
    { text: 'volumes: uploads', path: 'volumes', message: /./ },
    { text: 'volumes: { folders: [a], backup: { every: 1s } }', path: 'volumes.backup.every', message: /1m/ },
    { text: 'volumes: { names: [a] }', path: 'volumes.names', message: /folders/ },
    { text: 'volume: [a]', path: 'volume', message: /write it as volumes/ },
  ]) {
    it(`refuses ${text}`, () => {
      const errors = errorsOf(orders(`${RUN}${text}\n`));
      const error = errors.find((one) => one.path === path);
      assert.ok(error, JSON.stringify(errors));
      assert.match(`${error.message} ${error.hint}`, message);
    });
  }

  it("keeps their variables Islet's own", () => {
    const [error] = errorsOf(orders('run: { command: x, env: { ISLET_VOLUME_A: /tmp } }\nvolumes: [a]\n'));
    assert.equal(error?.path, 'run.env.ISLET_VOLUME_A');
  });
});
