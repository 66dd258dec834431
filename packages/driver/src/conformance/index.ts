export { type TrafficSubject, trafficConformance } from './traffic.ts';
