export { createSqliteReader } from './backup/reader.ts';
export { createSqlite } from './driver.ts';
export { SQLITE_FAILPOINTS } from './failpoint.ts';
export type { SqliteOptions } from './options.ts';
