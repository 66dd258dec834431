import { backupProofs } from '@islet/backup/testing';
import { SQL_WORDS } from '@islet/driver/conformance';
import { makeHarness } from './harness.ts';

backupProofs('data-mariadb', makeHarness, { words: SQL_WORDS });
