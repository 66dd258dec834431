import { chmod, chown, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Layout, layoutOf } from '@islet/driver';
import { makePassage } from '@islet/driver/owned-folder';
import type { UnixUser } from '@islet/supervise';

/** Where this driver keeps what of one service, and who may go there. */
export class ServiceFolders {
  readonly #layout: Layout;
  readonly service: string;

  constructor(layout: Layout, service: string) {
    this.#layout = layout;
    this.service = service;
  }

  get root(): string {
    return layoutOf.service(this.#layout, this.service);
  }

  get revisions(): string {
    return layoutOf.revisions(this.#layout, this.service);
  }

  /** Builds under way. A crash leaves something here only. */
  get staging(): string {
    return join(this.root, 'staging');
  }

  get cache(): string {
    return layoutOf.cache(this.#layout, this.service);
  }

  get instances(): string {
    return join(this.root, 'instances');
  }

  get logs(): string {
    return layoutOf.serviceLogs(this.#layout, this.service);
  }

  revision(revision: string): string {
    return layoutOf.revision(this.#layout, this.service, revision);
  }

  instance(instance: string): string {
    return layoutOf.instance(this.#layout, this.service, instance);
  }

  log(instance: string): string {
    return join(this.logs, `${instance}.log`);
  }

  buildLog(revision: string): string {
    return join(this.logs, `build-${revision}.log`);
  }

  /** The service's user may pass through its own folders, and no other service's may. */
  async make(user: UnixUser | undefined): Promise<void> {
    await makePassage(dirname(this.root));
    for (const folder of [this.root, this.revisions, this.staging, this.cache, this.instances]) {
      await mkdir(folder, { recursive: true });
      await letIn(folder, user);
    }
    await mkdir(this.logs, { recursive: true, mode: 0o700 });
  }
}

/** A folder that is the user's own, and nobody else's. */
export async function makeOwn(folder: string, user: UnixUser | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
}

/** A folder of Islet's that the user may read and pass through. */
export async function letIn(folder: string, user: UnixUser | undefined): Promise<void> {
  await chmod(folder, user === undefined ? 0o700 : 0o750);
  if (user !== undefined) await chown(folder, 0, user.gid);
}
