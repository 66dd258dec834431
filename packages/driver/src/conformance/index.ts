export { type ComputeHarness, computeConformance } from './compute.ts';
export { type DataHarness, type DataTraits, dataConformance } from './data.ts';
export { type TrafficSubject, trafficConformance } from './traffic.ts';
