export { withRuntime } from './environment.ts';
export { follow } from './follow.ts';
export type { InputsKeyRequest } from './inputs-key.ts';
export {
  type CommandPlace,
  createProcessCompute,
  type ProcessCompute,
  type ProcessComputeOptions,
} from './process-compute.ts';
export { tail } from './tail.ts';
