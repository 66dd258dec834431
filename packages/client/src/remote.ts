/** All that a program needs to call a control plane, without the schemas: it starts some 30 ms sooner. */
export * from './client.ts';
export * from './connect.ts';
export { controlFileText } from './control-file.ts';
export * from './errors.ts';
export * from './follow.ts';
export { linesOf } from './lines.ts';
export { isAlive } from './process.ts';
export * from './replace.ts';
export * from './routes.ts';
