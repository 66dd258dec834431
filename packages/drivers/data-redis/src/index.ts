export { createRedisReader } from './backup/reader.ts';
export { createRedis } from './driver.ts';
export { REDIS_FAILPOINTS } from './failpoint.ts';
export { missingServer } from './program.ts';
