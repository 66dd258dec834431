import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepStore, type StoreOrder } from '@islet/backup';
import { openTestVault } from '@islet/backup/testing';
import { createMariadbReader } from '../src/index.ts';
import { PATH } from './harness.ts';

/* Backs up the ledger, until it is killed. */
const folder = process.argv[2]!;
const order = JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8')) as StoreOrder;
const parts = openTestVault(folder, order.service).parts(createMariadbReader(PATH));
await keepStore(order, parts, { signal: new AbortController().signal }).ended;
