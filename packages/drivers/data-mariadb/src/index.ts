export { createMariadbReader } from './backup/reader.ts';
export { createMariadb } from './driver.ts';
export { MARIADB_FAILPOINTS } from './failpoint.ts';
export type { MariadbOptions } from './options.ts';
export { missingServer } from './programs.ts';
