/** For tests of what speaks to a control plane. */
export * from './fake-control-plane.ts';
export * from './statuses.ts';
