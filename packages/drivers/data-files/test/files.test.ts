import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backupConformance, dataConformance } from '@islet/driver/conformance';
import { serviceUser } from '@islet/supervise';
import { asRoot, BACKUP_WORDS, makeHarness, makeWorld, patience, WORDS, type World } from './harness.ts';

dataConformance('data-files', makeHarness, {
  ownsData: true,
  words: WORDS,
  lacks: ['measure', 'metrics', 'credentials', 'shell'],
});
backupConformance('data-files', makeHarness, { words: BACKUP_WORDS, hasLog: false });

describe('volumes', () => {
  const service = 'orders';
  let world: World;
  let path: string;
  const provision = (folders: string, of = service) =>
    world.driver.provision({ service: of, url: undefined, settings: { folders } }, patience());

  before(async () => {
    world = await makeWorld();
    await provision('uploads avatars');
    path = (await world.driver.connection({ service })).path ?? '';
  });
  after(() => world.close([service, 'other', 'drill.orders']));

  it(
    "are the service's own, which may not even make one more, and nobody else can enter them",
    { skip: !asRoot && 'needs root' },
    async () => {
      const owner = await serviceUser({ system: world.system, service });
      for (const name of ['uploads', 'avatars']) {
        const { uid, mode } = await stat(join(path, name));
        assert.deepEqual([uid, mode & 0o777], [owner?.uid, 0o700]);
      }
      await world.sh(service, 'echo mine > uploads/a');
      await assert.rejects(world.sh(service, 'mkdir another'));
      await provision('uploads', 'other');
      await assert.rejects(world.sh('other', `cat ${path}/uploads/a`));
    },
  );

  it('are kept when the file names them no more, and are seen as what was asked for', async () => {
    await world.sh(service, 'echo kept > avatars/a');
    await provision('uploads');
    assert.deepEqual((await world.driver.observe())[service], {
      kind: 'ready',
      pid: undefined,
      port: undefined,
      settings: { folders: 'uploads' },
      identity: (await identity()) ?? '',
    });
    await provision('uploads avatars');
    assert.equal(await world.sh(service, 'cat avatars/a'), 'kept\n');
  });

  it('are what the last control plane left them', async () => {
    assert.equal((await world.open().observe())[service]?.kind, 'ready');
    await world.driver.stop({ service }, patience());
    assert.equal((await world.open().observe())[service]?.kind, 'stopped');
    await provision('uploads avatars');
  });

  it('are lent to another user whole, and removed with whatever is in them', async () => {
    await provision('uploads', 'drill.orders');
    await world.sh(
      'drill.orders',
      'mkdir -p uploads/a/b && echo x > uploads/a/b/c && ln -s /etc uploads/etc && chmod 500 uploads/a uploads/a/b',
    );
    const etc = await stat('/etc');
    await world.driver.backups?.lend?.({ service: 'drill.orders', to: service }, patience());
    const { path: lent = '' } = await world.driver.connection({ service: 'drill.orders' });
    assert.equal(await world.sh(service, `cat ${lent}/uploads/a/b/c`), 'x\n');
    assert.equal((await stat('/etc')).uid, etc.uid);
    await world.driver.stop({ service: 'drill.orders' }, patience());
    await world.driver.purge({ service: 'drill.orders' }, patience());
    await assert.rejects(stat(lent), { code: 'ENOENT' });
  });

  async function identity() {
    const seen = (await world.driver.observe())[service];
    return seen?.kind === 'ready' ? seen.identity : undefined;
  }
});
