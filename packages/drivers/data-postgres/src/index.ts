export { createPostgresReader } from './backup/reader.ts';
export { createPostgres } from './driver.ts';
export { createExternal } from './external.ts';
export { POSTGRES_FAILPOINTS, type PostgresFailpoint, RESTORE_FAILPOINTS } from './failpoint.ts';
export type { PostgresOptions } from './options.ts';
