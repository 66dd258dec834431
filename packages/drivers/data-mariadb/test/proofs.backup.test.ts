import { backupProofs } from '@islet/backup/testing';
import { SQL_WORDS } from '@islet/driver/conformance';
import { mariadb } from './harness.ts';

backupProofs('data-mariadb', mariadb, { words: SQL_WORDS });
