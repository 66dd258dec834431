export { createFilesReader } from './backup/reader.ts';
export { createFiles } from './driver.ts';
export { FILES_FAILPOINTS } from './failpoint.ts';
export type { FilesOptions } from './options.ts';
