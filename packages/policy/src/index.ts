export type * from './routing-table.ts';
