export {
  createFakeCompute,
  createFakeMachine,
  type FakeCompute,
  type FakeComputeOptions,
  type FakeMachine,
} from './compute.ts';
export { createFakeData, type FakeData, type FakeDataOptions } from './data.ts';
export { FakeTraffic } from './traffic.ts';
