import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepStore, type StoreOrder } from '@islet/backup';
import { openTestVault } from '@islet/backup/testing';
import { createRedisReader } from '../src/index.ts';

/* Backs up the ledger, until it is killed. */
const folder = process.argv[2]!;
const order = JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8')) as StoreOrder;
const parts = openTestVault(folder, order.service).parts(createRedisReader());
await keepStore(order, parts, { signal: new AbortController().signal }).ended;
