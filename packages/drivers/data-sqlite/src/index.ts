export { createSqliteReader } from './backup/reader.ts';
export { createSqlite } from './driver.ts';
export type { SqliteOptions } from './options.ts';
