import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  folderRepository,
  offersOf,
  openVault,
  parseRecoveryKey,
  type RecoveryKey,
  type Repository,
  readCatalog,
  type S3Place,
  s3Repository,
  type Vault,
} from '@islet/backup';
import type { StoreBackup } from '@islet/client';
import type { Context } from '../context.ts';
import { until } from '../support/poll.ts';
import type { Outcome } from '../support/program.ts';
import { Shop } from '../support/shop.ts';

const SYSTEM = fileURLToPath(new URL('./system', import.meta.url));
const SERVICE = 'ledger';
/** Services that have nothing to do with the ledger, and are asked while it is restored. */
const BESIDE = ['front', 'side'];
const DEADLINE_MS = 10 * 60_000;

/** A running system of one service with a database, whose backups go to a second place too. */
export class LedgerSystem implements AsyncDisposable {
  readonly #shop: Shop;
  readonly #context: Context;
  readonly #place: S3Place;
  #key: Promise<RecoveryKey> | undefined;

  private constructor(shop: Shop, context: Context, place: S3Place) {
    this.#shop = shop;
    this.#context = context;
    this.#place = place;
  }

  /** Nothing is backed up yet. */
  static async start(context: Context, place: S3Place): Promise<LedgerSystem> {
    const shop = await Shop.copy(SYSTEM);
    const system = new LedgerSystem(shop, context, place);
    const { bucket, prefix, endpoint, region } = place;
    const backup = `backup:
  to: s3://${bucket}/${prefix}
  endpoint: ${endpoint}
  region: ${region}
  accessKey: { secret: access-key }
  secretKey: { secret: secret-key }
`;
    try {
      await system.#addServices();
      await system.islet(['up']);
      await system.islet(['secret', 'set', 'access-key'], place.accessKey);
      await system.islet(['secret', 'set', 'secret-key'], place.secretKey);
      await shop.edit('islet.yaml', (text) => text + backup);
      await system.islet(['up']);
    } catch (error) {
      await shop[Symbol.asyncDispose]();
      throw error;
    }
    return system;
  }

  /** Where each service beside the ledger answers. */
  get beside(): readonly string[] {
    return BESIDE.map((name) => `${this.#shop.url}/${name}`);
  }

  /** In the middle of whatever it does. */
  async kill(victim: Victim): Promise<void> {
    process.kill(await this.#pidOf(victim), 'SIGKILL');
  }

  /** A folder's place in this machine's repository. */
  get vaultFolder(): string {
    return join(this.#shop.state, 'backup', 'repository', SERVICE);
  }

  islet(args: readonly string[], input = ''): Promise<Outcome> {
    return this.#shop.islet(args, { deadlineMs: DEADLINE_MS, signal: this.#context.signal, input });
  }

  async url(): Promise<string> {
    return (await this.islet(['db', 'url', SERVICE])).stdout.trim();
  }

  /** Until the first copy is whole, here and in the second place. */
  async backUp(): Promise<StoreBackup> {
    await this.#shop.edit('services/ledger/service.yaml', (text) =>
      text.replace('backup: off', 'backup: { every: 24h }'),
    );
    await this.islet(['up']);
    const patience = { everyMs: 500, signal: this.#context.signal, deadlineMs: DEADLINE_MS };
    await until('the first backup', async () => (await this.backup()).last !== undefined, patience);
    const { finishedAt = 0 } = (await this.backup()).last ?? {};
    const isMirrored = async () => ((await this.backup()).mirroredAt ?? 0) > finishedAt;
    await until('the second copy of the first backup', isMirrored, patience);
    return this.backup();
  }

  async backup(): Promise<StoreBackup> {
    const command = ['backup', 'status', '--json'];
    // It exits 1 when something is wrong, as it is while nothing is backed up yet.
    const options = { deadlineMs: DEADLINE_MS, signal: this.#context.signal, orElse: [1] };
    const { stdout } = await this.#shop.islet(command, options);
    const found = (JSON.parse(stdout) as StoreBackup[]).find(({ service }) => service === SERVICE);
    if (found === undefined) throw new Error('islet backup status knows no ledger');
    return found;
  }

  /** As whoever restores opens it: in the repository of this machine, or in one in another folder. */
  async vault(folder = join(this.#shop.state, 'backup', 'repository')): Promise<Vault> {
    return this.#open(folderRepository(folder));
  }

  /** What would be lost now, in milliseconds: with the database alone, and with all of this machine. */
  async lags(): Promise<{ readonly here: number; readonly second: number }> {
    const repository = folderRepository(join(this.#shop.state, 'backup', 'repository'));
    const [here, second] = await Promise.all([this.#lag(repository), this.#lag(await s3Repository(this.#place))]);
    return { here, second };
  }

  /** Milliseconds from what could be restored at the beginning of a look to the end of the look. */
  async #lag(repository: Repository): Promise<number> {
    const { signal } = this.#context;
    const vault = await this.#open(repository);
    const offers = offersOf(await readCatalog(vault, { signal }));
    return Date.now() - Math.max(...offers.map(({ to }) => to));
  }

  async #open(repository: Repository): Promise<Vault> {
    const { signal } = this.#context;
    this.#key ??= this.islet(['backup', 'key', 'export']).then(({ stdout }) => parseRecoveryKey(stdout));
    return openVault({ repository, service: SERVICE, by: await this.#key }, { signal });
  }

  async #addServices(): Promise<void> {
    const services = join(this.#shop.folder, 'services');
    for (const name of BESIDE) {
      await cp(join(services, SERVICE), join(services, name), { recursive: true });
      await this.#shop.edit(`services/${name}/service.yaml`, (text) =>
        text
          .replace(`name: ${SERVICE}`, `name: ${name}`)
          .replace('expose: /', `expose: /${name}`)
          .replace(/^database:.*$/m, ''),
      );
    }
  }

  async #pidOf(victim: Victim): Promise<number> {
    const { state } = this.#shop;
    if (victim === 'control plane') return pidIn(join(state, 'control.json'));
    if (victim === 'streamer') return pidIn(join(state, 'backup', 'told.json'));
    // A control plane that has just begun says so only once it has seen the server answer.
    let pid: number | undefined;
    const isKnown = async () => {
      const { services } = await this.#shop.status();
      pid = services.find(({ name }) => name === SERVICE)?.database?.pid;
      return pid !== undefined;
    };
    await until('the database server to run', isKnown, { everyMs: 20, signal: this.#context.signal });
    if (pid === undefined) throw new Error('the database server does not run');
    return pid;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#shop[Symbol.asyncDispose]();
  }
}

export type Victim = 'server' | 'streamer' | 'control plane';

async function pidIn(path: string): Promise<number> {
  return (JSON.parse(await readFile(path, 'utf8')) as { readonly pid: number }).pid;
}
