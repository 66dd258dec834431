export { createProcessCompute, type ProcessComputeOptions } from './process-compute.ts';
