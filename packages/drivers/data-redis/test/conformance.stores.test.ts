import { backupConformance } from '@islet/driver/conformance';
import { makeHarness, WORDS } from './harness.ts';

backupConformance('data-redis', makeHarness, { words: WORDS, seenWithinMs: 50, isHeard: true });
