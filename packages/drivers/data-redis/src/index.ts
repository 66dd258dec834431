export { createRedis } from './driver.ts';
export type { Log, Ports, RedisOptions } from './options.ts';
export { missingServer } from './program.ts';
