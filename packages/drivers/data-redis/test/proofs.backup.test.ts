import { backupProofs } from '@islet/backup/testing';
import { makeHarness, WORDS } from './harness.ts';

backupProofs('data-redis', () => makeHarness(), { words: WORDS });
