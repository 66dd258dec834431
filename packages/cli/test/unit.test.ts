import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { renderUnit, unitName } from '../src/unit.ts';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

const about = { system: 'shop', folder: '/srv/my shop', stateFolder: '/srv/my shop/.islet' };
const options = {
  ...about,
  node: '/usr/bin/node',
  keeper: '/lib/islet/100%/keeper.js',
  path: '/usr/bin',
  home: '/root',
};

describe('the unit', () => {
  test('runs the keeper, with all that means something to systemd written out', () => {
    assert.deepEqual(
      renderUnit({ ...options, scope: 'machine' })
        .split('\n')
        .slice(0, 11),
      [
        '[Unit]',
        'Description=Islet: shop in /srv/my shop',
        'After=network.target',
        '',
        '[Service]',
        'Type=exec',
        'ExecStart="/usr/bin/node" "/lib/islet/100%%/keeper.js" "--state" "/srv/my shop/.islet"',
        'WorkingDirectory=/srv/my shop',
        'Environment="PATH=/usr/bin"',
        'Environment="HOME=/root"',
        'Restart=on-failure',
      ],
    );
  });

  test('systemd reads it without a complaint', (t) => {
    const folder = tempFolder({});
    const [unit, node] = [join(folder, unitName(about)), process.execPath];
    writeFileSync(unit, renderUnit({ ...options, node, keeper: node, folder, stateFolder: folder, scope: 'machine' }));
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    removeFolder(folder);
    if (error !== undefined) return t.skip(`no systemd-analyze here: ${error.message}`);
    assert.equal(status, 0, stderr);
    assert.equal(
      stderr
        .split('\n')
        .filter((line) => line.includes('islet-'))
        .join('\n'),
      '',
    );
  });

  test('leaves what it keeps alone when it is restarted', () => {
    assert.match(renderUnit({ ...options, scope: 'machine' }), /^KillMode=process$/m);
  });

  test('starts with the machine, or with the user', () => {
    assert.match(renderUnit({ ...options, scope: 'machine' }), /^WantedBy=multi-user\.target$/m);
    assert.match(renderUnit({ ...options, scope: 'user' }), /^WantedBy=default\.target$/m);
  });

  test('two clones of one system have two names', () => {
    assert.match(unitName(about), /^islet-shop-[0-9a-f]{8}\.service$/);
    assert.notEqual(unitName(about), unitName({ ...about, folder: '/srv/other' }));
  });
});

test('uninstall of what is not installed is no error', async () => {
  const folder = tempFolder(SYSTEM);
  const { code, stdout } = await islet(['uninstall'], { cwd: folder });
  removeFolder(folder);
  assert.equal(code, 0);
  assert.match(stdout, /is not installed/);
});
