import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataDriver } from '@islet/driver';
import type { BackupTraits, StoreWords } from '@islet/driver/conformance';
import { removeServiceUser, serviceUser } from '@islet/supervise';
import { createFiles, createFilesReader } from '../src/index.ts';

export const asRoot = process.getuid?.() === 0;
export const patience = () => ({ signal: AbortSignal.timeout(60_000) });
export const FOLDER = 'uploads';

export interface World {
  readonly root: string;
  readonly system: string;
  readonly driver: DataDriver;
  readonly open: () => DataDriver;
  /** Runs a shell command in a service's volumes, as the service. */
  readonly sh: (service: string, command: string) => Promise<string>;
  readonly close: (services: Iterable<string>) => Promise<void>;
}

let worlds = 0;

export async function makeWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'islet-files-'));
  // As a system's folder is: each service's user can pass.
  await chmod(root, 0o711);
  const system = `files${process.pid}-${worlds++}`;
  const open = () => createFiles({ layout: { state: join(root, 'state'), runtime: join(root, 'runtime') }, system });
  const driver = open();
  const sh = async (service: string, command: string) => {
    const { path = '/' } = await driver.connection({ service });
    // A restored store has the user of its own name.
    const user = await serviceUser({ system, service });
    const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
    return execFileSync('/bin/sh', ['-c', command], { cwd: path, encoding: 'utf8', ...identity });
  };
  const close = async (services: Iterable<string>) => {
    await driver.close();
    for (const service of services) await removeServiceUser({ system, service });
    await rm(root, { recursive: true });
  };
  return { root, system, driver, open, sh, close };
}

/** Each number is a file. */
const ADD = (value: number) => `printf '%s\\n' ${value} > ${FOLDER}/$(printf %06d ${value}).txt`;
const READ = `cat ${FOLDER}/*.txt`;

export const WORDS: StoreWords = { make: undefined, put: ADD, read: READ };
export const BACKUP_WORDS: BackupTraits['words'] = { make: undefined, add: ADD, read: READ, ask: FOLDER };

export async function makeHarness() {
  const world = await makeWorld();
  const services = new Set<string>();
  const { driver, sh } = world;
  return {
    driver,
    reader: createFilesReader(),
    request: async (service: string) => {
      services.add(service);
      return { service, url: undefined, settings: { folders: FOLDER } };
    },
    query: async (service: string, command: string) => {
      const lines = (await sh(service, command)).split('\n').filter((line) => line !== '');
      return lines.map((line) => ({ x: Number(line) }));
    },
    close: () => world.close(services),
  };
}
