import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { startTelemetry } from './process.ts';

/*
 * The telemetry process of one system: takes in what services send and print, and keeps it.
 *
 *   node main.ts --folder DIR --socket PATH
 *
 * It outlives the control plane, which tells it what to do by a file. It is nicer than whatever serves.
 */
const { values } = parseArgs({ options: { folder: { type: 'string' }, socket: { type: 'string' } } });
if (values.folder === undefined || values.socket === undefined) {
  process.stderr.write('usage: telemetry --folder DIR --socket PATH\n');
  process.exit(2);
}
const log = pino({ base: { process: 'telemetry', pid: process.pid } }, pino.destination({ fd: 1, sync: true }));
const NICENESS = 10;

setPriority(NICENESS);
const running = await startTelemetry({ folder: resolve(values.folder), socketPath: resolve(values.socket), log });
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void running.close().then(() => process.exit(0)));
}
