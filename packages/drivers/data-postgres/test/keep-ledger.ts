import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { folderRepository, keepStore, type StoreOrder } from '@islet/backup';
import { createPostgresReader } from '../src/index.ts';
import { ledgerKey } from './ledger-vault.ts';

/* Backs up the ledger, until it is killed. */
const folder = process.argv[2]!;
const order = JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8')) as StoreOrder;
const parts = {
  reader: createPostgresReader(),
  repository: folderRepository(join(folder, 'repository')),
  by: await ledgerKey(folder),
  now: () => Date.now(),
  pause: async (ms: number, { signal }: { readonly signal: AbortSignal }) => pause(ms, undefined, { signal }),
  oneAtATime: <T>(act: () => Promise<T>) => act(),
  tell: () => undefined,
};
await keepStore(order, parts, { signal: new AbortController().signal }).ended;
