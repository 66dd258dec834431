import { backupProofs } from '@islet/backup/testing';
import { BACKUP_WORDS, makeHarness } from './harness.ts';

backupProofs('data-files', makeHarness, { words: BACKUP_WORDS });
