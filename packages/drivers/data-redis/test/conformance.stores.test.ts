import { backupConformance } from '@islet/driver/conformance';
import { makeHarness, TRAITS } from './harness.ts';

backupConformance('data-redis', () => makeHarness(), TRAITS);
