import { backupConformance, dataConformance, SQL_WORDS } from '@islet/driver/conformance';
import { mariadb } from './harness.ts';

dataConformance('data-mariadb', mariadb, { ownsData: true, schemaIsTransactional: false });
backupConformance('data-mariadb', mariadb, { words: SQL_WORDS, instantMs: 1000 });
