export { createMariadbReader } from './backup/reader.ts';
export { createMariadb } from './driver.ts';
export type { Log, MariadbOptions, Ports } from './options.ts';
export { missingServer } from './programs.ts';
