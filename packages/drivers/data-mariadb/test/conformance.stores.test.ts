import { backupConformance, dataConformance, SQL_WORDS } from '@islet/driver/conformance';
import { makeHarness } from './harness.ts';

dataConformance('data-mariadb', makeHarness, { ownsData: true, schemaIsTransactional: false });
backupConformance('data-mariadb', makeHarness, { words: SQL_WORDS, instantMs: 1000 });
